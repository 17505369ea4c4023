"""How activities and status changes look on the wire."""

from collections.abc import Mapping
from typing import Any

from core.documents.database import Document
from services.users.accounts.rendering import user_reference

Wire = dict[str, Any]
People = Mapping[str, Document]


def entry(document: Document) -> Wire:
    """Return an activity: the whole document without our own additions and unset fields."""
    return {name: value for name, value in document.items() if value is not None and name != "rev"}


def expanded(document: Document, people: People) -> Wire:
    """Return an entry with `performedBy` as UserRef (contract/users.yaml); null for somebody who no longer exists."""
    return _with_actor(document, people, user_reference)


def exported(document: Document, people: People) -> Wire:
    """Return an entry as the JSON export has it: `performedBy` with the four members of old."""
    return _with_actor(document, people, _short)


def _with_actor(document: Document, people: People, shown: Any) -> Wire:
    wire = entry(document)
    if "performedBy" in wire:
        person = people.get(str(wire["performedBy"]))
        wire["performedBy"] = shown(person) if person else None
    return wire


def _short(person: Document) -> Wire:
    return {"_id": person["_id"], **{name: person.get(name, "") for name in ("firstName", "lastName", "email")}}
