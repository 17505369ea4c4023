"""Rules of tenants (contract/users-rules.md §11). Pure."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

STATUSES = ("active", "inactive", "suspended", "pending")
PLANS = ("basic", "professional", "enterprise", "custom")
# plan: people, leads, megabytes.
LIMITS = {
    "basic": (5, 1_000, 1_024),
    "professional": (25, 10_000, 10_240),
    "enterprise": (100, 100_000, 102_400),
    "custom": (1_000, 1_000_000, 1_048_576),
}
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])?")
_RESERVED = {"www", "api", "admin", "app", "dev", "staging", "prod"}

_PASSWORDS = {
    "minLength": 8,
    "requireUppercase": True,
    "requireLowercase": True,
    "requireNumbers": True,
    "requireSpecialChars": False,
}
_WANTED = {"leadAssigned": True, "leadStatusChanged": True, "automationTriggered": True, "systemAlerts": True}
_DEFAULTS: dict[str, Any] = {
    "timezone": "UTC",
    "locale": "en-US",
    "currency": "USD",
    "features": dict.fromkeys(
        (
            "aiLeadScoring",
            "advancedAnalytics",
            "automationWorkflows",
            "mobileApp",
            "apiAccess",
            "customIntegrations",
        ),
        False,
    ),
    "security": {"requireMfa": False, "sessionTimeout": 480, "passwordPolicy": _PASSWORDS, "ipWhitelist": []},
    "notifications": {
        "emailNotifications": True,
        "smsNotifications": False,
        "inAppNotifications": True,
        "notificationPreferences": _WANTED,
    },
    "integrations": {
        "googleWorkspace": False,
        "microsoft365": False,
        "slack": False,
        "zapier": False,
        "customWebhooks": [],
    },
}

# What a request may send of the objects in a tenant (core.documents.keeping): what the defaults have, and an address.
SENT = {
    "settings": {"companyName": None, **_DEFAULTS},
    "address": dict.fromkeys(("street", "city", "state", "zipCode", "country")),
}


def is_subdomain(text: str) -> bool:
    """Whether `text` may be a tenant's subdomain."""
    return bool(_SUBDOMAIN.fullmatch(text)) and text not in _RESERVED


def complete_settings(name: str, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the settings `sent` for the tenant `name` over the defaults, group by group, one level deep."""
    settings = {"companyName": name, **deepcopy(_DEFAULTS)}
    for group, value in (sent or {}).items():
        nested = isinstance(value, dict) and isinstance(settings.get(group), dict)
        settings[group] = {**settings[group], **value} if nested else value
    return settings
