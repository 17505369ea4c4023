"""Ids on the wire and in storage: 24-hex ObjectIds and UUIDs, accepted in both forms, read in every stored type."""

from typing import Any
from uuid import UUID

from bson import ObjectId
from bson.errors import InvalidId


def object_id(value: object) -> ObjectId | None:
    """Return `value` as an ObjectId, or None when it is not one (24 hexadecimal characters)."""
    if isinstance(value, ObjectId):
        return value
    if not isinstance(value, str) or len(value) != 24:
        return None
    try:
        return ObjectId(value)
    except InvalidId:
        return None


def uuid_text(value: object) -> str | None:
    """Return `value` as the canonical text of a UUID, or None when it is not one."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return str(UUID(value))
    except ValueError:
        return None


def either_form(value: object) -> Any:
    """Return a filter value that matches a reference stored as text or as ObjectId (the old system mixed both)."""
    oid = object_id(value)
    return str(value) if oid is None else {"$in": [oid, str(oid)]}


def text_id(value: object) -> str | None:
    """Return a stored reference as the text that goes on the wire; None stays None."""
    return None if value is None else str(value)
