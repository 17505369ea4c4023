"""Who asked, as the token says without being verified: enough to tell shapes and rules apart, never to decide anything."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

# What a caller may be counted as. Any other word is somebody's invention.
_ROLES = ("SUPER_ADMIN", "admin", "manager", "acquisitions", "dispositions", "agent", "user", "viewer")
NOBODY, OTHER = "nobody", "other"


def role_of(headers: Mapping[str, str]) -> str:
    """Return the strongest known role of a request's token, `other` without one, `nobody` without a token."""
    roles = _roles(headers)
    if roles is None:
        return NOBODY
    return next((role for role in _ROLES if role in roles), OTHER)


def names_of(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the names by which rules know the caller: its roles. Actors that only a recording has explain nothing here."""
    roles = _roles(headers) or set()
    return frozenset(roles & {*_ROLES}) | ({"sys"} if "SUPER_ADMIN" in roles else frozenset())


def _roles(headers: Mapping[str, str]) -> set[str] | None:
    given = headers.get("authorization", "")
    if not given:
        return None
    claims = _claims(given.rpartition(" ")[2])
    listed = claims.get("roles", claims.get("role", []))
    roles = listed if isinstance(listed, list) else [listed]
    return {role for role in roles if isinstance(role, str)}


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
