"""Excel workbooks (.xlsx), read as a stream.

Only filled cells cost anything: a library that lays out the whole rectangle takes 16 GB for one cell at XFD30000. What a file
says of its own size is believed nowhere; what comes out of it is counted.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

from core.sheets.archive import Archive
from core.sheets.formats import Format, format_of, number_text
from core.sheets.kinds import wrong_type
from core.sheets.table import LONGEST_CELL, MOST_COLUMNS, Row, Table, Unreadable, letters_of

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_ESCAPED = re.compile("_x00([01][0-9A-Fa-f]|5F)_")
_LONGEST_FORMAT = 255

Attributes = dict[str, str]


def read_workbook(content: bytes) -> Table:
    """Return the first sheet of a workbook that holds anything, visible ones first. Raises Unreadable."""
    try:
        book = _Book(Archive(content))
        return Table(_guarded(book.rows()), book.notes)
    except _DAMAGED as error:
        raise _damaged(error) from error


def _guarded(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except _DAMAGED as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Unreadable:
    return error if isinstance(error, Unreadable) else Unreadable("The workbook is damaged")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


# -- the book --------------------------------------------------------------------------------------------------------
class _SheetPart(NamedTuple):
    name: str
    member: str
    hidden: bool


class _Book:
    def __init__(self, archive: Archive) -> None:
        self.notes: list[str] = []
        self._archive = archive
        self._epoch_1904 = False
        main = self._main()
        self._folder = posixpath.dirname(main)
        self._related = self._relations(main)
        self._sheets = self._sheet_parts(main)
        self._formats = self._styles()
        self._texts: list[str] | None = None

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the first sheet that has some; note the others that have."""
        chosen: Iterator[Row] | None = None
        for part in sorted(self._sheets, key=lambda part: part.hidden):
            notes = self.notes if chosen is None else []
            rows = self._rows_of(part, notes)
            first = next(rows, None)
            if first is None:
                continue
            if chosen is None:
                chosen = chain([first], rows)
                if part.hidden:
                    self.notes.append(f'Only the hidden sheet "{part.name}" holds anything: it was read')
            else:
                self.notes.append(f'The {"hidden " if part.hidden else ""}sheet "{part.name}" was not read')
        yield from chosen or ()

    def _rows_of(self, part: _SheetPart, notes: list[str]) -> Iterator[Row]:
        if self._texts is None:
            self._texts = self._shared_texts()
        reader = _SheetReader(self._value, notes)
        for _ in self._archive.parse(part.member, **reader.handlers()):
            yield from reader.finished()

    def _main(self) -> str:
        if "mimetype" in self._archive:
            raise wrong_type("an OpenDocument file: save it as .xlsx or .csv")
        kinds = {kind: target for kind, target, _ in self._read_relations("_rels/.rels", "")}
        main = kinds.get("officeDocument", "xl/workbook.xml")
        if main.endswith(".bin"):
            raise wrong_type("a binary Excel file (.xlsb): save it as .xlsx or .csv")
        if main not in self._archive or posixpath.basename(main).lower() in ("document.xml", "presentation.xml"):
            raise wrong_type("an archive and no workbook: unpack it, or save it as .xlsx or .csv")
        return main

    def _relations(self, main: str) -> dict[str, tuple[str, str]]:
        name = f"{self._folder}/_rels/{posixpath.basename(main)}.rels"
        return {key: (kind, target) for kind, target, key in self._read_relations(name, self._folder)}

    def _read_relations(self, name: str, folder: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []

        def start(tag: str, attributes: Attributes) -> None:
            if _local(tag) == "Relationship":
                target = attributes.get("Target", "")
                whole = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
                found.append((attributes.get("Type", "").rpartition("/")[2], whole, attributes.get("Id", "")))

        self._parse(name, start)
        return found

    def _sheet_parts(self, main: str) -> list[_SheetPart]:
        parts: list[_SheetPart] = []

        def start(tag: str, attributes: Attributes) -> None:
            local = _local(tag)
            if local == "workbookPr":
                self._epoch_1904 = attributes.get("date1904", "0") in ("1", "true")
            if local == "sheet":
                named = {_local(name): value for name, value in attributes.items()}
                kind, member = self._related.get(named.get("id", ""), ("", ""))
                if kind == "worksheet":
                    hidden = named.get("state", "visible") != "visible"
                    parts.append(_SheetPart(named.get("name", "")[:100], member, hidden))

        self._parse(main, start)
        return parts

    def _styles(self) -> list["Format | None"]:
        codes: dict[str, str] = {}
        found: list[Format | None] = []
        inside: list[bool] = []

        def start(tag: str, attributes: Attributes) -> None:
            local = _local(tag)
            if local == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:_LONGEST_FORMAT]
            if local in ("cellXfs", "cellStyleXfs"):
                inside[:] = [local == "cellXfs"]
            if local == "xf" and inside == [True]:
                number = attributes.get("numFmtId", "0")
                found.append(format_of(number, codes.get(number)))

        self._parse(self._one("styles"), start)
        return found

    def _shared_texts(self) -> list[str]:
        texts: list[str] = []
        reader = _Texts()

        def start(tag: str, attributes: Attributes) -> None:
            reader.start(_local(tag))

        def end(tag: str) -> None:
            local = _local(tag)
            reader.end(local)
            if local == "si":
                texts.append(reader.take())

        parsing = self._archive.parse(
            self._one("sharedStrings"),
            StartElementHandler=start,
            EndElementHandler=end,
            CharacterDataHandler=reader.data,
        )
        for _ in parsing:
            pass
        return texts

    def _one(self, kind: str) -> str:
        return next((target for known, target in self._related.values() if known == kind), "")

    def _parse(self, name: str, start: Callable[[str, Attributes], None]) -> None:
        for _ in self._archive.parse(name, StartElementHandler=start):
            pass

    def _value(self, kind: str, style: str, raw: str) -> str:
        """Return the text of a cell of type `kind` that holds `raw`."""
        if kind == "s":
            return (self._texts or [])[abs(int(raw))]
        if kind == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if kind in ("", "n"):
            index = int(style or 0)
            shown = self._formats[index] if index < len(self._formats) else None
            return shown.text(raw, self._epoch_1904) if shown else number_text(raw)
        return _unescaped(raw)


# -- cells -----------------------------------------------------------------------------------------------------------
class _Texts:
    """Collects the text of <t> elements; how it is pronounced (<rPh>) is none of it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length, self._open, self._spoken = 0, False, False

    def start(self, local: str) -> None:
        self._open = local == "t" and not self._spoken
        self._spoken = self._spoken or local == "rPh"

    def end(self, local: str) -> None:
        self._open = False
        self._spoken = self._spoken and local != "rPh"

    def data(self, text: str) -> None:
        # One more than is accepted, so that the check of the length still refuses it.
        if self._open and self._length <= LONGEST_CELL:
            self._parts.append(text[: LONGEST_CELL + 1])
            self._length += len(text)

    def take(self) -> str:
        text = "".join(self._parts)
        self._parts, self._length = [], 0
        return _unescaped(text)


class _SheetReader:
    """expat's handlers for a sheet: collects its rows."""

    def __init__(self, value: Callable[[str, str, str], str], notes: list[str]) -> None:
        self._convert, self._notes = value, notes
        self._rows: list[Row] = []
        self._cells: list[str] = []
        self._hints: list[str] = []
        self._texts = _Texts()
        self._columns: dict[str, int] = {}
        self._column, self._kind, self._style = -1, "", ""
        self._value: list[str] = []
        self._in_value, self._formula, self._merged = False, False, False

    def handlers(self) -> dict[str, Callable[..., None]]:
        return {"StartElementHandler": self._start, "EndElementHandler": self._end, "CharacterDataHandler": self._data}

    def finished(self) -> list[Row]:
        """Return the filled rows since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: Attributes) -> None:
        local = _local(tag)
        if local == "c":
            self._column = self._column_of(attributes.get("r")) if "r" in attributes else self._column + 1
            self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._value, self._formula = [], False
        elif local == "v":
            self._in_value = True
        elif local == "row":
            self._cells, self._hints, self._column = [], [], -1
        elif local == "f":
            self._formula = True
        elif local == "mergeCell":
            self._merged = True
        else:
            self._texts.start(local)

    def _data(self, text: str) -> None:
        if self._in_value:
            self._value.append(text)
        else:
            self._texts.data(text)

    def _end(self, tag: str) -> None:
        local = _local(tag)
        if local == "v":
            self._in_value = False
        elif local == "c":
            self._keep()
        elif local == "row":
            if self._cells:
                self._rows.append(Row(self._cells, hint="; ".join(self._hints) or None))
        elif local == "mergeCells" and self._merged:
            self._notes.append("The sheet has merged cells: only the first of each holds its value")
        else:
            self._texts.end(local)

    def _keep(self) -> None:
        inline = self._texts.take()
        raw = "".join(self._value)
        text = inline if self._kind == "inlineStr" else self._convert(self._kind, self._style, raw) if raw else ""
        if self._kind == "e" and text:
            self._hints.append(f"{letters_of(self._column)} holds the error {text[:20]}")
        if self._formula and not raw and not inline:
            self._hints.append(f"{letters_of(self._column)} holds a formula without its result")
        if not text.strip():
            return
        if self._column >= MOST_COLUMNS:
            raise Unreadable(f"The file has more than {MOST_COLUMNS} columns: {letters_of(self._column)} is filled")
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = text

    def _column_of(self, reference: str | None) -> int:
        letters = (reference or "").rstrip("0123456789")
        if letters not in self._columns:
            if not 0 < len(letters) <= 3 or not letters.isascii() or not letters.isalpha():
                raise Unreadable("The workbook is damaged")
            index = 0
            for letter in letters.upper():
                index = index * 26 + ord(letter) - 64
            self._columns[letters] = index - 1
        return self._columns[letters]


def _unescaped(text: str) -> str:
    """Spreadsheets write control characters as _x000D_, and what looks so as _x005F_x000D_."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x00" in text else text
