"""The kind of a file, recognized by content and name, never by the type that a client sends."""

from typing import Literal

from core.sheets.table import WrongType

# .xls and .xlsm: what programs call text and workbooks, too; a real old workbook is recognized by its first bytes.
_SUFFIXES = ("", ".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls")
_PROSE = ("", ".txt")
_ZIP = b"PK\x03\x04"
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or one with a password: save it as .xlsx or .csv, without password",
    b"PK\x05\x06": "an empty archive",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file (gzip): unpack it",
    b"Rar!": "a compressed file (rar): unpack it",
    b"7z\xbc\xaf": "a compressed file (7z): unpack it",
    b"{\\rtf": "a text document (rtf)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a database",
}
_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<workbook")
_LOOKED_AT = 4096
_TEXT_CONTROLS = frozenset(b"\x00\t\n\x0b\x0c\r\x1a\x1b")


def kind_of(suffix: str, content: bytes) -> Literal["text", "workbook"]:
    """Return how to read a file whose name ends in `suffix`. Raises WrongType with what it is instead."""
    if content.startswith(_ZIP):
        return "workbook"
    other = next((what for mark, what in _OTHERS.items() if content.startswith(mark)), None)
    if other is None and content[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        other = "a web page or XML, whatever its name: save it as .xlsx or .csv"
    if other is None and suffix not in _SUFFIXES:
        other = f"a {suffix} file"
    if other is None and _is_binary(content[:_LOOKED_AT]):
        other = "no text"
    if other:
        raise wrong_type(other)
    return "text"


def may_be_prose(suffix: str) -> bool:
    """Whether the name of a text says nothing of a table: then its first row must."""
    return suffix in _PROSE


def wrong_type(what: str = "") -> WrongType:
    """Return the error for a file that is `what` instead of a table."""
    return WrongType("Invalid file type. Please upload a CSV file." + (f" This is {what}." if what else ""))


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    odd = sum(1 for byte in head if byte < 32 and byte not in _TEXT_CONTROLS)
    return odd * 20 > len(head)
