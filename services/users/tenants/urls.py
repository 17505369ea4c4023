"""URLs of tenants."""

from core.api.routing import route
from services.users.tenants.api import (
    ActivateTenant,
    SuspendTenant,
    TenantBySubdomain,
    TenantDetail,
    TenantExport,
    Tenants,
    TenantStats,
    TenantUser,
)

PATTERNS = [
    route("api/tenants", Tenants),
    route("api/tenants/subdomain/<subdomain>", TenantBySubdomain),
    route("api/tenants/<tenantId>", TenantDetail),
    route("api/tenants/<tenantId>/activate", ActivateTenant),
    route("api/tenants/<tenantId>/suspend", SuspendTenant),
    route("api/tenants/<tenantId>/stats", TenantStats),
    route("api/tenants/<tenantId>/users/<userId>", TenantUser),
    route("internal/users/export/tenants", TenantExport),
]
