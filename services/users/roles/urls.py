"""URLs of roles."""

from core.api.routing import route
from services.users.roles.api import (
    AllPermissions,
    AnyPermission,
    InitializeSystemRoles,
    PersonPermissions,
    PersonRole,
    PersonRoles,
    RoleDetail,
    Roles,
    SinglePermission,
)

PATTERNS = [
    route("api/rbac/roles", Roles),
    route("api/rbac/roles/<id>", RoleDetail),
    route("api/rbac/initialize-system-roles", InitializeSystemRoles),
    route("api/rbac/users/<userId>/roles", PersonRoles),
    route("api/rbac/users/<userId>/roles/<roleId>", PersonRole),
    route("api/rbac/users/<userId>/permissions", PersonPermissions),
    route("api/rbac/users/<userId>/permissions/check", AnyPermission),
    route("api/rbac/users/<userId>/permissions/check-all", AllPermissions),
    route("api/rbac/users/<userId>/permissions/check/<permission>", SinglePermission),
]
