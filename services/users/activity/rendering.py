"""How activities and status changes look on the wire."""

from collections.abc import Callable, Mapping
from typing import Any

from services.users.accounts.documents import ActivityDocument, StatusChangeDocument, UserDocument
from services.users.accounts.rendering import user_reference

Wire = dict[str, Any]
People = Mapping[str, UserDocument]
Entry = ActivityDocument | StatusChangeDocument


def entry(document: Entry) -> Wire:
    """Return an activity: the whole document without our own additions and unset fields."""
    return {name: value for name, value in document.items() if value is not None and name != "rev"}


def expanded(document: Entry, people: People) -> Wire:
    """Return an entry with `performedBy` as UserRef (contract/users.yaml); null for a user who no longer exists."""
    return _with_actor(document, people, user_reference)


def exported(document: Entry, people: People) -> Wire:
    """Return an entry as the JSON export has it: `performedBy` with the four members of old."""
    return _with_actor(document, people, _short)


def _with_actor(document: Entry, people: People, shown: Callable[[UserDocument], Wire]) -> Wire:
    wire = entry(document)
    if "performedBy" in wire:
        person = people.get(str(wire["performedBy"]))
        wire["performedBy"] = shown(person) if person else None
    return wire


def _short(person: UserDocument) -> Wire:
    return {"_id": person["_id"], **{name: person.get(name, "") for name in ("firstName", "lastName", "email")}}
