"""What a table is, whatever file it came from, and how large one may be. Pure, and quick to import."""

from collections.abc import Iterator
from typing import NamedTuple

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 100_000, 1_000
# Longer than any field accepts, so it is cut here already: no cell is kept as a megabyte.
LONGEST_CELL = 10_000
MOST_TEXT = 64 * 1024 * 1024
# What reading one file may take of the processor (the largest take 4 s), and on the wall, before the gateway ends it.
SECONDS, WALL_SECONDS = 15, 16
_MOST_HINTS = 20
_MONEY_SIGNS = str.maketrans("", "", "$€£ \u00a0")


class Unreadable(ValueError):
    """A file that is no table, or a larger one than we take; the text is a sentence for the sender."""


class WrongType(Unreadable):
    """A file of another kind."""


class Row(NamedTuple):
    """A row as a file has it. fault: why it cannot be trusted. hint: what is odd about it, though it can."""

    cells: list[str]
    fault: str | None = None
    hint: str | None = None


class Line(NamedTuple):
    """A row below the header; `number` is 1 for the first. fault: why it must not be taken."""

    number: int
    cells: list[str]
    fault: str | None = None


class Table(NamedTuple):
    """The rows of a file, the header first, and notes; the notes are complete once all rows were read."""

    rows: Iterator[Row]
    notes: list[str]
    # Spreadsheets put semicolons between cells where people write decimals with a comma.
    likely_comma: bool = False


class Contents:
    """A table's header and lines, and what is known of it as a whole once the lines were all read."""

    def __init__(self, table: Table) -> None:
        self._rows = (row for row in table.rows if any(cell.strip() for cell in row.cells))
        self._likely_comma = table.likely_comma
        self._notes, self._hints, self._decimals = table.notes, list[str](), set[str]()
        self.header = self._first()
        self.count = 0

    @property
    def notes(self) -> list[str]:
        """Notes: about the file, then about rows."""
        rest = len(self._hints) - _MOST_HINTS
        return self._notes + self._hints[:_MOST_HINTS] + ([f"... and {rest} more like this"] if rest > 0 else [])

    @property
    def decimal_comma(self) -> bool | None:
        """Whether numbers are written 1.234,50; None when nothing, or both, speaks for it."""
        signs = self._decimals or ({","} if self._likely_comma else set())
        return "," in signs if len(signs) == 1 else None

    def lines(self) -> Iterator[Line]:
        """Yield the lines. Raises Unreadable for more than we take."""
        text = 0
        for row in self._rows:
            self.count += 1
            if self.count > MOST_ROWS:
                raise Unreadable(f"The file has more than {MOST_ROWS} rows")
            if row.hint:
                self._hints.append(f"Row {self.count}: {row.hint}")
            cells, fault = self._fitting(row)
            text += sum(map(len, cells))
            if text > MOST_TEXT:
                raise Unreadable(f"The file holds more than {MOST_TEXT // 2**20} MB of text")
            self._decimals.update(filter(None, map(_decimal_sign, cells)))
            yield Line(self.count, cells, fault)

    def _first(self) -> list[str]:
        row = next(self._rows, Row([]))
        header = _filled(row.cells)
        if row.fault:
            raise Unreadable(f"The first row cannot be read: {row.fault}")
        if len(header) > MOST_COLUMNS:
            raise Unreadable(f"The file has more than {MOST_COLUMNS} columns")
        if row.hint:
            self._hints.append(f"First row: {row.hint}")
        return [title[:LONGEST_CELL] for title in header]

    def _fitting(self, row: Row) -> tuple[list[str], str | None]:
        """Return the cells of a row, none longer than LONGEST_CELL nor more than MOST_COLUMNS, and what is wrong with it."""
        cells, fault = _filled(row.cells), row.fault
        for index, cell in enumerate(cells):
            if len(cell) > LONGEST_CELL and len(cell.strip()) > LONGEST_CELL:
                fault = fault or f"{self._title(index)} must be shorter than or equal to {LONGEST_CELL} characters"
        if len(cells) > MOST_COLUMNS:
            fault = fault or f"the row has more than {MOST_COLUMNS} cells"
        return [cell.strip()[:LONGEST_CELL] for cell in cells[:MOST_COLUMNS]], fault

    def _title(self, index: int) -> str:
        return (self.header[index] if index < len(self.header) else "").strip() or f"column {index + 1}"


def letters_of(column: int) -> str:
    """Return what spreadsheets call the column with the index `column`: A for 0."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name, column = chr(65 + rest) + name, column - 1
    return name


def _filled(cells: list[str]) -> list[str]:
    """Return the cells up to the last filled one."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _decimal_sign(cell: str) -> str:
    """Return the sign before the decimals of an amount, or nothing where there are none or it may be one of thousands."""
    if len(cell) > 30 or ("," not in cell and "." not in cell):
        return ""
    text = cell.strip().translate(_MONEY_SIGNS).lstrip("+-")
    sign = "," if text.rfind(",") > text.rfind(".") else "."
    whole, _, decimals = text.rpartition(sign)
    groups = whole.split("." if sign == "," else ",")
    numbers = all(part.isascii() and part.isdigit() for part in (*groups, decimals))
    grouped = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    return sign if numbers and (grouped or len(groups) == 1) and (grouped or len(decimals) != 3) else ""
