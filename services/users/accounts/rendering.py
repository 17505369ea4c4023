"""How people and their activities look on the wire: the old documents with their computed members."""

from typing import Any

from core.documents.shapes import filled
from services.users.accounts.documents import UserDocument

Wire = dict[str, Any]

_FIELDS = (
    "_id",
    "email",
    "firstName",
    "lastName",
    "displayName",
    "picture",
    "status",
    "roles",
    "tenantId",
    "googleId",
    "lastLoginAt",
    "lastActiveAt",
    "settings",
    "profile",
    "permissions",
    "preferences",
    "emailVerifiedAt",
    "phoneVerifiedAt",
    "tags",
    "notes",
    "metadata",
    "createdAt",
    "updatedAt",
    "__v",
)
_LISTS = ("roles", "permissions", "tags")


def user(document: UserDocument) -> Wire:
    """Return User (contract/users.yaml): known fields that are set, `fullName` and `id`."""
    wire = filled(document, _FIELDS)
    for name in _LISTS:
        wire.setdefault(name, [])
    wire.setdefault("__v", 0)
    return {**wire, "fullName": full_name(document), "id": document["_id"]}


def user_reference(document: UserDocument) -> Wire:
    """Return UserRef (contract/users.yaml): a user inside another document."""
    named = {name: document.get(name, "") for name in ("email", "firstName", "lastName")}
    return {"_id": document["_id"], **named, "fullName": full_name(document), "id": document["_id"]}


def full_name(document: UserDocument) -> str:
    """Return first and last name."""
    return f"{document.get('firstName', '')} {document.get('lastName', '')}"
