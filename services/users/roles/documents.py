"""What users stores of roles and of who has them."""

from datetime import datetime

from core.documents.shapes import Belonging, Reference


class RoleDocument(Belonging, total=False):
    """A named set of permissions; without tenant and of type system it is shared by all tenants."""

    name: str
    displayName: str
    description: str | None
    type: str
    permissions: list[str]
    inheritedRoles: list[str]
    isActive: bool
    metadata: dict[str, object]
    createdBy: Reference | None
    updatedBy: Reference | None
    # Counted up by transactions that rely on the role, so that a change at the same time conflicts.
    guard: int


class AssignmentDocument(Belonging, total=False):
    """That a person has a role, or had it. `stale`: what it gives is to be computed again."""

    userId: Reference
    roleId: Reference
    isActive: bool
    assignedAt: datetime
    assignedBy: Reference | None
    expiresAt: datetime | None
    revokedAt: datetime
    revokedBy: Reference | None
    reason: str | None
    metadata: dict[str, object]
    stale: bool
