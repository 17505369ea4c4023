"""How roles and assignments look on the wire."""

from typing import Any

from core.documents.ids import text_id
from core.documents.shapes import filled
from services.users.roles.documents import AssignmentDocument, RoleDocument

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


def role(document: RoleDocument) -> Wire:
    """Return Role (contract/users.yaml): known fields that are set, and `id`."""
    wire = _known(document, _ROLE)
    wire.setdefault("permissions", [])
    wire.setdefault("inheritedRoles", [])
    return wire


def assignment(document: AssignmentDocument) -> Wire:
    """Return UserRoleAssignment (contract/users.yaml): known fields that are set, and `id`."""
    return _known(document, _ASSIGNMENT)


def _known(document: RoleDocument | AssignmentDocument, fields: tuple[str, ...]) -> Wire:
    wire = filled(document, fields)
    return {"__v": 0, **wire, "id": text_id(document["_id"])}
