"""Writes of the directory: from events, and provisionally at registration."""

from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.documents.transactions import current_session
from core.events.projections import upsert_newer
from services.auth.directory.models import PEOPLE
from services.auth.directory.queries import email_key

_SYSTEM = TenantScope.system("the directory holds the people of all tenants")


def add_provisional(person: Document) -> Document:
    """Add somebody who just registered, until users confirms with its first event (version 1 and up).

    Raises DuplicateKeyError when the address is taken."""
    moment = now()
    document = {
        **person,
        "emailKey": email_key(person["email"]),
        "version": 0,
        "createdAt": moment,
        "updatedAt": moment,
    }
    PEOPLE.raw().insert_one(document, session=current_session("auth"))
    return document


def project(user_id: str, version: int, fields: Document) -> Document | None:
    """Store what users says of a person; return the copy before, or None when it was as new already."""
    return upsert_newer(PEOPLE, user_id, version, {**fields, "emailKey": email_key(fields["email"])})


def activate(user_id: str) -> None:
    """Let a person whose address is verified log in at once; users' event follows."""
    PEOPLE.scoped(_SYSTEM).update_one({"_id": user_id, "status": "pending"}, {"$set": {"status": "active"}})


def mark_second_factor(user_id: str, *, on: bool) -> None:
    """Remember whether a person has a second factor; what users says of them does not touch this."""
    PEOPLE.scoped(_SYSTEM).update_one({"_id": user_id}, {"$set": {"mfaEnabled": on}})


def change_person(user_id: str, changes: Document) -> Document | None:
    """Show at once what a person changed here, and return the copy; users hears of it by event and confirms with its own.
    None for somebody who is not in the directory yet."""
    return PEOPLE.scoped(_SYSTEM).update_one({"_id": user_id}, {"$set": changes})
