"""How preferences look on the wire."""

from typing import Any

from core.documents.ids import text_id
from services.users.preferences.documents import PreferenceChange, PreferencesDocument
from services.users.preferences.rules import complete, newest_first


def preferences(document: PreferencesDocument) -> dict[str, Any]:
    """Return UserPreferencesDocument (contract/users.yaml): bare, with `id` beside `_id`, every group complete."""
    wire = {
        "_id": document["_id"],
        "id": document["_id"],
        "userId": text_id(document.get("userId")),
        "preferences": complete(document.get("preferences")),
        "changeHistory": [change(entry) for entry in newest_first(document.get("changeHistory"))],
        "createdAt": document.get("createdAt") or document["_id"].generation_time,
        "updatedAt": document.get("updatedAt") or document["_id"].generation_time,
    }
    return {**wire, "__v": document.get("__v", 0)}


def change(entry: PreferenceChange) -> dict[str, Any]:
    """Return PreferenceChange (contract/users.yaml); values that were not there are left out."""
    return {name: value for name, value in entry.items() if value is not None}
