"""Role documents and who has them: the old system's collections.

Roles without tenant and of type system are shared: every tenant sees, assigns and inherits them.
"""

from core.documents.collection import Collection
from core.documents.indexes import Lifted, index
from core.documents.models import TenantDocumentModel, shows
from services.users.roles.documents import AssignmentDocument, RoleDocument

ROLES = Collection[RoleDocument](
    "roles",
    service="users",
    tenant="objectid",
    indexes=(
        index("tenantId", "name", unique=True),
        index("tenantId", "-createdAt"),
        index("tenantId", "inheritedRoles"),
    ),
    # The old system's: names were unique across tenants.
    replaces=(Lifted(("name",)),),
)
ASSIGNMENTS = Collection[AssignmentDocument](
    "userroles",
    service="users",
    tenant="objectid",
    indexes=(
        index(
            "userId",
            "roleId",
            "tenantId",
            name="active_userId_roleId_tenantId",
            unique=True,
            partialFilterExpression={"isActive": True},
        ),
        index("userId"),
        index("roleId"),
        index("tenantId", "-assignedAt"),
        index("expiresAt", name="active_expiresAt", partialFilterExpression={"isActive": True}),
        index("stale", sparse=True),
    ),
    # The old system's: a revoked role could never be assigned again.
    replaces=(Lifted(("userId", "roleId", "tenantId")),),
)


@shows(
    ROLES,
    RoleDocument,
    "name displayName description type permissions inheritedRoles isActive metadata createdBy updatedBy",
)
class Role(TenantDocumentModel):
    """A named set of permissions."""

    def __str__(self) -> str:
        return str(self.name)


@shows(
    ASSIGNMENTS,
    AssignmentDocument,
    "userId roleId isActive assignedAt expiresAt assignedBy revokedAt revokedBy reason metadata",
)
class UserRole(TenantDocumentModel):
    """That a person has a role, or had it."""

    class Meta(TenantDocumentModel.Meta):
        verbose_name = "role assignment"

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"
