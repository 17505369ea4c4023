"""The activity log as one text: pretty-printed JSON, or CSV that no spreadsheet takes for formulas."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from core.api.rendering import iso, to_json
from core.errors import BadRequest
from services.users.accounts.documents import ActivityDocument
from services.users.activity.rendering import People, exported

Entries = Iterable[tuple[ActivityDocument, People]]

# Twenty thousand ordinary entries are a third of this; the answer is built in memory.
MOST_CHARACTERS = 30_000_000
_HEADER = ("Date", "User ID", "Type", "Description", "Severity", "IP Address", "User Agent", "Module", "Action")
# What makes a spreadsheet calculate, or skip to the next character.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001 - full-width signs


class BoundedText:
    """A text that grows piece by piece, up to an end."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self.most, self.size = most, 0
        self._pieces: list[str] = []

    def write(self, piece: str) -> None:
        """Add `piece`. Raises BadRequest when the text becomes too long."""
        self.size += len(piece)
        if self.size > self.most:
            raise BadRequest("The export is too large: choose a shorter period")
        self._pieces.append(piece)

    def text(self) -> str:
        """Return the text so far."""
        return "".join(self._pieces)


def as_json(entries: Entries) -> str:
    """Return `entries` as a JSON array, two spaces per level, as JSON.stringify writes it. Raises BadRequest when it
    becomes too long."""
    made, separator = BoundedText(), "[\n  "
    for document, people in entries:
        # Dates and ids as everywhere on the wire, then once more for the eye.
        plain = orjson.loads(to_json(exported(document, people)))
        pretty = orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode()
        made.write(separator + pretty.replace("\n", "\n  "))
        separator = ",\n  "
    return f"{made.text()}\n]" if made.size else "[]"


def as_csv(entries: Entries) -> str:
    """Return `entries` as CSV (RFC 4180, every cell quoted, rows joined by a newline). Raises BadRequest when it
    becomes too long."""
    made = BoundedText()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_HEADER)
    for document, _ in entries:
        writer.writerow([cell(value) for value in _row(document)])
    return made.text().removesuffix("\n")


def cell(value: object) -> str:
    """Return a cell's text; one that a spreadsheet would calculate starts with an apostrophe."""
    text = "" if value is None else iso(value) if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(document: ActivityDocument) -> list[Any]:
    metadata, context = _object(document.get("metadata")), _object(document.get("context"))
    return [
        document.get("performedAt") or document.get("createdAt"),
        document.get("userId"),
        *(document.get(name) for name in ("type", "description", "severity")),
        *(metadata.get(name) for name in ("ipAddress", "userAgent")),
        *(context.get(name) for name in ("module", "action")),
    ]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
