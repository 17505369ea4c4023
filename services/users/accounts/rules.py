"""Rules of people: status machine, field limits. Pure; source: contract/users-rules.md §6."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core.identity.roles import SYSTEM_ROLES, USER_ROLES
from services.users.accounts.documents import UserDocument

# The role words that a person may have.
ROLES = (*USER_ROLES, "agent", *SYSTEM_ROLES)
STATUSES = ("active", "inactive", "suspended", "pending")
TRANSITIONS = {
    "pending": {"active", "suspended", "inactive"},
    "active": {"suspended", "inactive"},
    "suspended": {"active", "inactive"},
    "inactive": {"active", "suspended"},
}
# First hit wins, in this order.
_REASONS = (
    ("violation", "violation"),
    ("suspicious", "suspicious_activity"),
    ("payment", "payment_issue"),
    ("request", "user_request"),
    ("admin", "admin_action"),
    ("system", "system_auto"),
)
# What a request may send of the objects in a user (core.documents.keeping).
_PROFILE = dict.fromkeys(("phone", "company", "position", "bio", "website"))
_PLACE = dict.fromkeys(("street", "city", "state", "zipCode", "country"))
SENT = {
    "profile": {
        **_PROFILE,
        "address": _PLACE,
        "socialMedia": dict.fromkeys(("linkedin", "twitter", "facebook")),
    },
    "settings": {
        **dict.fromkeys(("theme", "language", "timezone")),
        "notifications": dict.fromkeys(("email", "sms", "push")),
    },
    "preferences": dict.fromkeys(("dashboardLayout", "defaultView", "autoRefresh", "emailDigest")),
}
_PHONE = re.compile(r"[+]?[1-9][0-9]{0,15}")
_URLS = (("website", "Invalid website URL format"),)
_SOCIAL = (
    ("linkedin", "Invalid LinkedIn URL format"),
    ("twitter", "Invalid Twitter URL format"),
    ("facebook", "Invalid Facebook URL format"),
)


def default_settings() -> dict[str, Any]:
    """Return the settings that every new person gets."""
    notifications = {"email": True, "sms": False, "push": True}
    return {"notifications": notifications, "theme": "light", "language": "en", "timezone": "UTC"}


def may_become(old: str, new: str) -> bool:
    """Whether a person may go from one status to another."""
    return new in TRANSITIONS.get(old, set())


def reason_kind(text: str | None) -> str:
    """Return the kind of a free-text reason for the status history."""
    lowered = (text or "").lower()
    return next((kind for word, kind in _REASONS if word in lowered), "other")


def broken_limit(fields: UserDocument, *, new: bool) -> str | None:
    """Return the message of the first limit that `fields` break, or None. As before, empty names pass on updates, and an empty
    display name always."""
    for value, name, most, may_be_empty in (
        (fields.get("firstName"), "First name", 50, not new),
        (fields.get("lastName"), "Last name", 50, not new),
        (fields.get("displayName"), "Display name", 100, True),
    ):
        if value is not None and (len(value) > most or (value == "" and not may_be_empty)):
            return f"{name} must be between 1 and {most} characters"
    return _broken_profile(fields.get("profile") or {}) or _broken_lists(fields)


def _broken_profile(profile: Mapping[str, Any]) -> str | None:
    phone = re.sub(r"[\s()-]", "", profile.get("phone") or "")
    if phone and not _PHONE.fullmatch(phone):
        return "Invalid phone number format"
    addresses = [(profile.get(name), text) for name, text in _URLS]
    addresses += [((profile.get("socialMedia") or {}).get(name), text) for name, text in _SOCIAL]
    return next((text for address, text in addresses if address and not _is_url(address)), None)


def _broken_lists(fields: UserDocument) -> str | None:
    tags, permissions = fields.get("tags") or [], fields.get("permissions") or []
    if len(tags) > 10:
        return "Maximum 10 tags allowed"
    if any(not 1 <= len(tag) <= 20 for tag in tags):
        return "Tags must be between 1 and 20 characters"
    if len(permissions) > 50:
        return "Maximum 50 permissions allowed"
    if any(not 1 <= len(permission) <= 100 for permission in permissions):
        return "Permission names must be between 1 and 100 characters"
    return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


# What changed: `{field: {old, new}}`, without `old` when it was unset.
Changed = dict[str, dict[str, object]]


def changes_between(old: Mapping[str, object], new: Mapping[str, object]) -> Changed:
    """Return `{field: {old, new}}` for the fields of `new` whose value differs; `old` is left out when unset."""
    changed: Changed = {}
    for name, value in new.items():
        if old.get(name) != value:
            before = {} if old.get(name) is None else {"old": old[name]}
            changed[name] = {**before, "new": value}
    return changed
