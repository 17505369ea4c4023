"""People, their activity log and the history of their status: the old system's collections."""

from core.documents.collection import Collection, PlainCollection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(
    USERS,
    UserDocument,
    # grantedPermissions: what assigned role documents give (services.users.roles.granting); not on the wire.
    "email firstName lastName displayName status roles permissions grantedPermissions profile settings preferences "
    "tags notes lastLoginAt lastActiveAt",
)
class User(TenantDocumentModel):
    """A person."""

    def __str__(self) -> str:
        return str(self.email)


@shows(ACTIVITIES, ActivityDocument, "userId type severity description performedBy performedAt metadata")
class UserActivity(TenantDocumentModel):
    """Something a person did or that was done to them."""

    class Meta(TenantDocumentModel.Meta):
        verbose_name_plural = "user activities"

    def __str__(self) -> str:
        return f"{self.type} {self.user_id}"
