"""Tables in text files, as spreadsheets and people write them. Nothing is guessed without a note where it could be otherwise."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from core.sheets.table import LARGEST_FILE, Row, Table

# The library's own limit is 128 KiB: a larger cell would end the file instead of its row.
csv.field_size_limit(4 * LARGEST_FILE)
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE, _SAMPLE_ROWS = 200_000, 200
# A second delimiter that fits at least so well makes it a guess.
_CLOSE = 0.8
_NEVER_ENDS = "the quoted cell that begins in this row never ends"
_UNEVEN = "quotes are not where they should be"
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32"}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(content: bytes, suffix: str = "") -> Table:
    """Return the table in `content`, a file whose name ends in `suffix`."""
    notes: list[str] = []
    text = _decoded(content, notes)
    if "\x00" in text:
        notes.append(f"{text.count(chr(0))} NUL characters were left out")
        text = text.replace("\x00", "")
    delimiter, text = _separated(text)
    delimiter = delimiter or _delimiter(text, suffix, notes)
    return Table(parse(io.StringIO(text, newline=""), delimiter), notes, likely_comma=delimiter == ";")


# -- letters ---------------------------------------------------------------------------------------------------------
def _decoded(content: bytes, notes: list[str]) -> str:
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    if encoding is None:
        encoding = "utf-16" if content.startswith(_WIDE_MARKS) else _unmarked_wide(content)
    if encoding in (None, "utf-8"):
        return _narrow(content.removeprefix(b"\xef\xbb\xbf"), notes)
    text = content.decode(encoding, errors="replace")
    if "\ufffd" in text:
        notes.append(f"{text.count(chr(0xFFFD))} characters are no {encoding.upper()} and were replaced")
    return text


def _unmarked_wide(content: bytes) -> str | None:
    """Return the UTF-16 that a file without mark is in: every other byte of Western text is NUL."""
    head = content[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 2 < len(head) // 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _narrow(content: bytes, notes: list[str]) -> str:
    """UTF-8; UTF-8 with a few invalid bytes; or Western European of Windows."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        text = content.decode(errors="surrogateescape")
    strange = sum(1 for letter in text if "\udc80" <= letter <= "\udcff")
    fine = sum(1 for letter in text if letter > "\x7f") - strange
    if fine >= strange:
        notes.append(f"{strange} bytes are not UTF-8 and were read as Western European (Windows)")
        mended: dict[str, str | int | None] = {
            letter: _western(letter) for letter in set(text) if "\udc80" <= letter <= "\udcff"
        }
        return text.translate(str.maketrans(mended))
    notes.append("The file is not in UTF-8 and was read as Western European (Windows)")
    text = content.decode("cp1252", errors="replace")
    if "\ufffd" in text:
        notes.append(f"{text.count(chr(0xFFFD))} bytes are no letters there and were replaced")
    return text


def _western(letter: str) -> str:
    return letter.encode(errors="surrogateescape").decode("cp1252", errors="replace")


# -- delimiters ------------------------------------------------------------------------------------------------------
def _separated(text: str) -> tuple[str | None, str]:
    """Return the delimiter that a first line such as `sep=;` names, and the text below it; None and all of it without."""
    head = text[:20].replace("\r", "\n")
    end = head.find("\n") if "\n" in head else len(head)
    named, rest = head[:end].strip('"'), text[end + 1 :]
    sign = named[4:5]
    # Some programs fill the line up: sep=;;;;
    known = named[:4].lower() == "sep=" and not named[5:].strip('"' + sign)
    return (sign, rest) if known and sign and not sign.isalnum() and sign not in " \"'" else (None, text)


def _delimiter(text: str, suffix: str, notes: list[str]) -> str:
    """Return the delimiter that gives the most even table; note when another one gives almost as even a one."""
    sample = text[:_SAMPLE]
    fits = {one: _fit(sample, one, whole=len(sample) == len(text)) for one in _DELIMITERS}
    if suffix in (".tsv", ".tab"):
        fits["\t"] *= 2
    best, second = sorted(fits, key=lambda one: fits[one], reverse=True)[:2]
    if fits[second] > fits[best] * _CLOSE:
        notes.append(f"Read with {_DELIMITERS[best]} between the columns; it could be {_DELIMITERS[second]}")
    return best if fits[best] else ","


def _fit(sample: str, delimiter: str, *, whole: bool) -> float:
    """Return how well `delimiter` divides: columns that it makes, times how even the rows are."""
    found = (row for row in parse(io.StringIO(sample, newline=""), delimiter) if any(row.cells))
    header, *rows = list(islice(found, _SAMPLE_ROWS)) or [Row([])]
    if not whole and len(rows) < _SAMPLE_ROWS - 1:
        rows = rows[:-1]
    width = len(header.cells)
    evenness = [_evenness(row, width) for row in rows] or [1.0]
    # In sentences, signs are followed by blanks.
    spaced = sample.count(delimiter + " ") / max(1, sample.count(delimiter))
    return (width - 1) * (1 - spaced / 3) * _tidiness(header) * sum(evenness) / len(evenness) if width > 1 else 0.0


def _evenness(row: Row, width: int) -> float:
    if len(row.cells) == 1:
        return 0.0
    return _tidiness(row) * (1.0 if len(row.cells) == width else 0.5)


def _tidiness(row: Row) -> float:
    """A cell that holds a quote was probably one with the next."""
    return 0.7 if row.fault or row.hint or any('"' in cell for cell in row.cells) else 1.0


# -- quotes ----------------------------------------------------------------------------------------------------------
class _Feed:
    """The physical lines; those that the row in work took, to put them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._again, self.taken = lines, list[str](), list[str]()

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        self.taken.append(self._again.pop() if self._again else next(self._lines))
        return self.taken[-1]

    def put_back(self, lines: Sequence[str]) -> None:
        self._again.extend(reversed(lines))


def parse(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Yield the rows of physical `lines`. A quote that was never closed costs its own row, not the people below it."""
    feed, width = _Feed(lines), 0
    reader = csv.reader(feed, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        feed.taken = []
        try:
            cells: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells is None or (len(feed.taken) > 1 and _swallowed(feed.taken, delimiter, width)):
            row, below = _torn(feed.taken, delimiter, width)
            feed.put_back(below)
        else:
            row = Row(cells)
        yield row
        width = width or (len(row.cells) if any(row.cells) else 0)


def _torn(lines: Sequence[str], delimiter: str, width: int) -> tuple[Row, Sequence[str]]:
    """Return the row of `lines` whose quotes are wrong, and those of the lines that are rows by themselves."""
    below = lines[1:]
    if below and sum(line.count(delimiter) + 1 == width for line in below) * 2 >= len(below):
        return Row(split("".join(lines[:1]), delimiter)[0], _NEVER_ENDS), below
    cells, ended = split("".join(lines), delimiter)
    if not ended:
        return Row(cells, _NEVER_ENDS), []
    fits = len(cells) == width or not width
    return Row(
        cells, None if fits else f"{_UNEVEN}, and the row does not fit the columns", _UNEVEN if fits else None
    ), []


def split(text: str, delimiter: str) -> tuple[list[str], bool]:
    """Return the cells of a row, and whether all quoted ones end. A quoted cell ends at a quote before a delimiter or the
    end; other quotes are text, doubled ones one. One pass, however many quotes."""
    text = text.rstrip("\r\n")
    cells, at, ended = list[str](), 0, True
    while at <= len(text):
        at = _past_blanks(text, at)
        end = _closing(text, at + 1, delimiter) if ended and text[at : at + 1] == '"' else None
        if end is not None:
            cells.append(text[at + 1 : end].replace('""', '"'))
            at = _past_blanks(text, end + 1) + 1
            continue
        # No later quote can end a cell that this one does not.
        ended = ended and text[at : at + 1] != '"'
        stop = text.find(delimiter, at)
        stop = len(text) if stop < 0 else stop
        cells.append(text[at:stop])
        at = stop + 1
    return cells, ended


def _closing(text: str, at: int, delimiter: str) -> int | None:
    """Return where the quote is that ends a cell whose text begins at `at`."""
    while (at := text.find('"', at)) >= 0:
        after = _past_blanks(text, at + 1)
        if text[after : after + 1] in ("", delimiter):
            return at
        at += 2 if text[at + 1] == '"' else 1
    return None


def _past_blanks(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at


def _swallowed(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether the lines of one row look like rows: cells as in the header, mails and numbers where the first has some."""
    if width < 3:
        return False
    first, *others = ([_shape(cell) for cell in line.split(delimiter)] for line in lines)
    return len(first) == width and sum(_alike(first, other) for other in others) * 2 > len(others)


def _alike(first: list[str], other: list[str]) -> bool:
    pairs = list(zip(first, other, strict=False))
    telling = any(one == another and one in ("mail", "number") for one, another in pairs)
    return (
        len(first) == len(other)
        and telling
        and all(one == another or "" in (one, another) for one, another in pairs[:-1])
    )


def _shape(cell: str) -> str:
    text = cell.strip(' "\r\n')
    if not text or "@" in text:
        return "mail" if text else ""
    digits = sum(letter.isdigit() for letter in text[:50])
    return "number" if digits * 5 >= len(text[:50]) * 3 else "text"
