"""Rows of uploaded files: CSV in the encodings that spreadsheets write, and xlsx. Pure but for the libraries."""

import csv
import io
from collections.abc import Iterator

from python_calamine import CalamineError, CalamineWorkbook

LARGEST_FILE = 10 * 1024 * 1024
# The reader's own limit is 128 KiB: a larger cell would end the file instead of its row.
csv.field_size_limit(LARGEST_FILE)
_XLSX = b"PK\x03\x04"


class Unreadable(ValueError):
    """A file that is no table."""


def rows_of(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of a file, the header first, without empty ones. Raises Unreadable."""
    rows = _sheet(content) if content.startswith(_XLSX) else _text(content)
    yield from (row for row in rows if any(cell.strip() for cell in row))


def _text(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    head = text[:10_000].partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Unreadable(str(error)) from error


def _decoded(content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one; anything else is read as Windows writes Western text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _sheet(content: bytes) -> Iterator[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        for row in sheet.to_python():
            yield [_cell(value) for value in row]
    except (CalamineError, IndexError) as error:
        raise Unreadable("not a workbook") from error


def _cell(value: object) -> str:
    # Spreadsheets keep every number as a fraction: a phone number must not end in ".0".
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
