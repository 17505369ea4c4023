"""What users stores of preferences."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Reference, Stored

# Preferences by the group that they belong to.
Groups = Mapping[str, Mapping[str, object]]


class PreferenceChange(TypedDict, total=False):
    """A change of one preference."""

    field: str
    oldValue: object
    newValue: object
    changedAt: datetime
    changedBy: Reference | None


class PreferencesDocument(Stored, total=False):
    """What a person prefers, by groups, and how that changed, oldest first."""

    userId: Reference
    preferences: dict[str, dict[str, object]]
    changeHistory: list[PreferenceChange]
