"""Rules of preferences: defaults, what a change changes, its history. Pure; source: contract/users-rules.md §8."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from core.documents.shapes import Reference
from services.users.preferences.documents import PreferenceChange

FREQUENCIES = ("daily", "weekly", "monthly", "never")
THEMES = ("light", "dark", "auto")
VISIBILITIES = ("public", "private", "team")
# How many changes a document remembers.
MOST_CHANGES = 500

Groups = dict[str, dict[str, Any]]

_DEFAULTS: Groups = {
    "emailNotifications": {"marketing": True, "security": True, "updates": False, "frequency": "daily"},
    "ui": {"theme": "light", "language": "en", "timezone": "UTC", "dateFormat": "MM/DD/YYYY"},
    "privacy": {"profileVisibility": "public", "dataSharing": False, "analytics": True},
    "application": {
        "autoRefresh": True,
        "emailDigest": False,
        "dashboardLayout": "default",
        "defaultView": "list",
    },
}
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def defaults() -> Groups:
    """Return the preferences of a new user."""
    return deepcopy(_DEFAULTS)


def complete(stored: object) -> dict[str, Any]:
    """Return the `stored` preferences with every group and key that they lack; old documents may lack any."""
    groups = dict(stored) if isinstance(stored, Mapping) else {}
    for name, values in defaults().items():
        known = groups.get(name)
        groups[name] = {**values, **known} if isinstance(known, Mapping) else values
    return groups


def changes_to(stored: object, wanted: Mapping[str, Mapping[str, object]]) -> list[PreferenceChange]:
    """Return `{field: "group.key", oldValue, newValue}` for each key of `wanted` whose value differs from `stored`."""
    before = complete(stored)
    return [
        {"field": f"{group}.{key}", "oldValue": before[group].get(key), "newValue": value}
        for group, values in wanted.items()
        for key, value in values.items()
        if before[group].get(key) != value
    ]


def assignments(stored: object, changes: Sequence[PreferenceChange]) -> dict[str, Any]:
    """Return the `$set` that makes `changes` in `stored`: key by key, so that keys which we do not know stay.

    A group that is missing or no object is set as a whole, as MongoDB cannot set a key inside it."""
    if not isinstance(stored, Mapping):
        return {"preferences": _changed(complete(stored), changes)}
    changed, fields = _changed(complete(stored), changes), {}
    for change in changes:
        group = change["field"].partition(".")[0]
        if isinstance(stored.get(group), Mapping):
            fields[f"preferences.{change['field']}"] = change["newValue"]
        else:
            fields[f"preferences.{group}"] = changed[group]
    return fields


def remembered(
    history: object, changes: Sequence[PreferenceChange], *, moment: datetime, actor: Reference | None
) -> list[PreferenceChange]:
    """Return the change `history` with `changes` made at `moment` by `actor` before it, at most MOST_CHANGES."""
    added: list[PreferenceChange] = [{**change, "changedAt": moment, "changedBy": actor} for change in changes]
    return (added + newest_first(history))[:MOST_CHANGES]


def newest_first(history: object) -> list[PreferenceChange]:
    """Return the entries of a stored change history, newest first; those of one moment stay in their order."""
    entries: list[Any] = [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
    return sorted(entries, key=_moment_of, reverse=True)


def _moment_of(entry: PreferenceChange) -> datetime:
    moment = entry.get("changedAt")
    return moment if isinstance(moment, datetime) else _EARLIEST


def _changed(groups: dict[str, Any], changes: Sequence[PreferenceChange]) -> dict[str, Any]:
    for change in changes:
        group, _, key = change["field"].partition(".")
        groups[group] = {**groups[group], key: change["newValue"]}
    return groups
