"""Reads of the directory. There is no caller yet, so they take an e-mail or id instead of a scope."""

from services.auth.directory.documents import PersonDocument
from services.auth.directory.models import PEOPLE


def person_by_email(email: str) -> PersonDocument | None:
    """Return the person with this address, in any letter case, or None."""
    return PEOPLE.find_one({"emailKey": email_key(email)})


def person_by_id(user_id: str) -> PersonDocument | None:
    """Return the person with this id (24-hex text), or None."""
    return PEOPLE.find_one({"_id": user_id})


def person_by_google_id(google_id: str) -> PersonDocument | None:
    """Return the person to whom this Google account belongs, or None."""
    return PEOPLE.find_one({"googleId": google_id})


def email_key(email: str) -> str:
    """Return the form of an address that is compared: trimmed, lower case."""
    return email.strip().lower()
