"""Leads as lines of CSV."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.api.rendering import iso
from core.documents.database import Document
from core.imports.lines import line
from services.leads.leads.documents import LeadDocument
from services.leads.transfer.columns import ADDRESS, COLUMNS, tags_text

_CONTACT = ("firstName", "lastName", "email", "phone", "alternatePhone")
_MEMBERS = {"value": "closeValue"}
_ZERO = ("value", "score")


def lead_lines(fields: Sequence[str], leads: Iterable[tuple[LeadDocument, str]]) -> Iterator[str]:
    """Yield the header and a line for each lead; `leads` come with the name of whom they are assigned to."""
    yield line(COLUMNS.get(name, name) for name in fields)
    for lead, owner in leads:
        yield line(_value(lead, owner, name) for name in fields)


def _value(lead: LeadDocument, owner: str, name: str) -> Any:
    contact, custom = (_object(lead.get(member)) for member in ("contactInfo", "customFields"))
    if name == "assignedTo":
        return owner or lead.get("assignedTo", "")
    if name in _CONTACT:
        return contact.get(name, "")
    if name in ADDRESS:
        return _object(contact.get("address")).get(name, custom.get(name, ""))
    value: Any = lead.get(_MEMBERS.get(name, name), custom.get(name))
    if value is None:
        return 0 if name in _ZERO else ""
    if name in ("createdAt", "updatedAt"):
        return iso(value)
    return tags_text(value) if isinstance(value, list) else value


def _object(value: object) -> Document:
    return value if isinstance(value, dict) else {}
