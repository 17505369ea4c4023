"""Reads of preferences."""

from core.api.pagination import PageRequest
from core.documents.collection import Projection
from core.documents.ids import either_form
from services.users.preferences.documents import PreferenceChange, PreferencesDocument
from services.users.preferences.models import PREFERENCES
from services.users.preferences.rules import newest_first


def preferences_of(user_id: str, projection: Projection = None) -> PreferencesDocument | None:
    """Return a person's preferences document, whose reference may be stored as text or ObjectId, or None."""
    return PREFERENCES.find_one({"userId": either_form(user_id)}, projection)


def history_of(user_id: str, page: PageRequest) -> tuple[list[PreferenceChange], int]:
    """Return a page of the changes of a person's preferences, newest first, and how many are remembered."""
    document = preferences_of(user_id, {"changeHistory": 1}) or {}
    changes = newest_first(document.get("changeHistory"))
    return changes[page.skip : page.skip + page.limit], len(changes)
