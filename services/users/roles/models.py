"""Role documents and who has them: the old system's collections.

Roles without tenant and of type system are shared: every tenant sees, assigns and inherits them.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import Lifted, index
from core.documents.models import TenantDocumentModel
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


class Role(TenantDocumentModel):
    """A named set of permissions."""

    name = models.CharField(max_length=100)
    display_name = models.CharField(db_column="displayName", max_length=200)
    description = models.TextField(null=True)
    type = models.CharField(max_length=10)
    permissions = AnyField()
    inherited_roles = AnyField(db_column="inheritedRoles")
    is_active = models.BooleanField(db_column="isActive")
    metadata = AnyField()
    created_by = AnyField(db_column="createdBy")
    updated_by = AnyField(db_column="updatedBy")

    class Meta(TenantDocumentModel.Meta):
        db_table = "roles"

    def __str__(self) -> str:
        return str(self.name)


class UserRole(TenantDocumentModel):
    """That a person has a role, or had it."""

    user_id = AnyField(db_column="userId")
    role_id = AnyField(db_column="roleId")
    is_active = models.BooleanField(db_column="isActive")
    assigned_at = models.DateTimeField(db_column="assignedAt", null=True)
    expires_at = models.DateTimeField(db_column="expiresAt", null=True)
    assigned_by = AnyField(db_column="assignedBy")
    revoked_at = models.DateTimeField(db_column="revokedAt", null=True)
    revoked_by = AnyField(db_column="revokedBy")
    reason = models.TextField(null=True)
    metadata = AnyField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "userroles"
        verbose_name = "role assignment"

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"
