"""Writes of the directory: from events, and provisionally at registration."""

from datetime import datetime

from core.documents.database import Document
from core.documents.ids import object_id
from core.events.projections import upsert_newer
from services.auth.directory.documents import PersonDocument
from services.auth.directory.models import MFAS, PEOPLE
from services.auth.directory.queries import email_key, person_by_id


def add_provisional(person: PersonDocument) -> PersonDocument:
    """Add a user who just registered, until the service users confirms with its first event (version 1 and up).

    Raises DuplicateKeyError when the address is taken."""
    return PEOPLE.insert_one({**person, "emailKey": email_key(person["email"]), "version": 0})


def project(user_id: str, version: int, fields: Document) -> None:
    """Store what users says of a person, unless the copy is as new already. That an address was proven here stays known
    until the person has another one; and which Google account is theirs is decided here, once they are known."""
    key = email_key(fields["email"])
    if person_by_id(user_id):
        fields = {name: value for name, value in fields.items() if name != "googleId"}
    before = upsert_newer(PEOPLE, user_id, version, {**fields, "emailKey": key})
    if before and before["emailKey"] != key and "emailVerifiedAt" not in fields:
        change_person(user_id, {"emailVerifiedAt": None})


def note_proof(user_id: str, moment: datetime) -> None:
    """Store that a user owns their address. A pending user may log in at once; the event of the service users follows."""
    change_person(user_id, {"emailVerifiedAt": moment})
    PEOPLE.update_one({"_id": user_id, "status": "pending"}, sets={"status": "active"})


def erase_second_factor(user_id: str) -> None:
    """Erase a person's second factor, its backup codes, and one that was only begun."""
    MFAS.delete_many({"userId": object_id(user_id)})
    mark_second_factor(user_id, on=False)


def mark_second_factor(user_id: str, *, on: bool) -> None:
    """Remember whether a person has a second factor; what users says of them does not touch this."""
    PEOPLE.update_one({"_id": user_id}, sets={"mfaEnabled": on})


def change_person(user_id: str, changes: PersonDocument) -> PersonDocument | None:
    """Show at once what a person changed here, and return the copy; the service users gets an event and confirms with its own.
    None for a user who is not in the directory yet."""
    return PEOPLE.update_and_get({"_id": user_id}, sets=changes)
