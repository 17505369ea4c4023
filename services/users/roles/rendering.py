"""How roles and assignments look on the wire."""

from typing import Any

from core.documents.database import Document
from core.documents.ids import text_id

Wire = dict[str, Any]

_ROLE = (
    "_id",
    "name",
    "displayName",
    "description",
    "type",
    "tenantId",
    "permissions",
    "inheritedRoles",
    "isActive",
    "metadata",
    "createdBy",
    "updatedBy",
    "createdAt",
    "updatedAt",
    "__v",
)
_ASSIGNMENT = (
    "_id",
    "userId",
    "roleId",
    "tenantId",
    "isActive",
    "assignedAt",
    "expiresAt",
    "assignedBy",
    "revokedBy",
    "revokedAt",
    "reason",
    "metadata",
    "createdAt",
    "updatedAt",
    "__v",
)


def role(document: Document) -> Wire:
    """Return Role (contract/users.yaml): known fields that are set, and `id`."""
    wire = _known(document, _ROLE)
    wire.setdefault("permissions", [])
    wire.setdefault("inheritedRoles", [])
    return wire


def assignment(document: Document) -> Wire:
    """Return UserRoleAssignment (contract/users.yaml): known fields that are set, and `id`."""
    return _known(document, _ASSIGNMENT)


def _known(document: Document, fields: tuple[str, ...]) -> Wire:
    wire = {name: document[name] for name in fields if document.get(name) is not None}
    return {"__v": 0, **wire, "id": text_id(document["_id"])}
