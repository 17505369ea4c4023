"""People, their activity log and the history of their status: the old system's collections."""

from django.db import models

from core.documents.collection import Collection, PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.users.accounts.documents import (
    ActivityDocument,
    GuardDocument,
    StatusChangeDocument,
    TenantDocument,
    UserDocument,
)

USERS = Collection[UserDocument](
    "users",
    service="users",
    tenant="objectid",
    # Written at every request or login, and by guards; no copy has them.
    quiet=("lastActiveAt", "lastLoginAt", "loginAttempts", "lockUntil", "sessions", "password", "grantsGuard"),
    indexes=(
        index("email", unique=True),
        index("googleId", sparse=True),
        index("tenantId"),
        index("roles"),
        index("-lastActiveAt"),
        index("tenantId", "status"),
        index("tenantId", "roles"),
        index("tenantId", "-createdAt"),
        index("tenantId", "-lastActiveAt"),
        index("tenantId", "tags"),
        index("tenantId", "lastName"),
    ),
)
ACTIVITIES = Collection[ActivityDocument](
    "useractivities",
    service="users",
    tenant="objectid",
    indexes=(
        index("userId", "-createdAt"),
        index("tenantId", "-createdAt"),
        index("tenantId", "-performedAt"),
        index("userId", "type"),
        # Holds all that statistics count, so that they look at no document.
        index("tenantId", "-performedAt", "type", "severity"),
        index("tenantId", "type", "-performedAt"),
        index("tenantId", "severity", "-performedAt"),
        index("tenantId", "userId", "-performedAt"),
    ),
)
STATUS_HISTORY = Collection[StatusChangeDocument](
    "userstatushistories",
    service="users",
    tenant="objectid",
    indexes=(
        index("userId", "-changedAt"),
        index("tenantId", "-changedAt"),
        index("performedBy", "-changedAt"),
    ),
)
# A tenant belongs to no tenant: who may see which one is decided in services.users.tenants; its state decides about people.
TENANTS = PlainCollection[TenantDocument](
    "tenants",
    service="users",
    soft_delete=True,
    quiet=("peopleFreedAt", "auditLog", "usageStats"),
    indexes=(
        index("name", unique=True),
        index("subdomain", unique=True),
        index("tenantId", unique=True),
        index("ownerId"),
        index("status", "plan"),
        index("-createdAt"),
        index("deletedAt"),
    ),
)
# One document per tenant that changes of administrators write, so that two at once conflict and are retried.
GUARDS = PlainCollection[GuardDocument]("tenantguards", service="users")


class User(TenantDocumentModel):
    """A person."""

    email = models.EmailField(max_length=254)
    first_name = models.CharField(db_column="firstName", max_length=50)
    last_name = models.CharField(db_column="lastName", max_length=50)
    display_name = models.CharField(db_column="displayName", max_length=100, null=True)
    status = models.CharField(max_length=20)
    roles = AnyField()
    permissions = AnyField()
    # What assigned role documents give (services.users.roles.granting); not on the wire.
    granted_permissions = AnyField(db_column="grantedPermissions")
    profile = AnyField()
    settings = AnyField()
    preferences = AnyField()
    tags = AnyField()
    notes = models.TextField(null=True)
    last_login_at = models.DateTimeField(db_column="lastLoginAt", null=True)
    last_active_at = models.DateTimeField(db_column="lastActiveAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "users"

    def __str__(self) -> str:
        return str(self.email)


class UserActivity(TenantDocumentModel):
    """Something a person did or that was done to them."""

    user_id = AnyField(db_column="userId")
    type = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    description = models.TextField()
    performed_by = AnyField(db_column="performedBy")
    performed_at = models.DateTimeField(db_column="performedAt", null=True)
    metadata = AnyField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "useractivities"
        verbose_name_plural = "user activities"

    def __str__(self) -> str:
        return f"{self.type} {self.user_id}"
