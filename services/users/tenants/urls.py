"""URLs of tenants."""

from core.api.routing import route
from core.events.exporting import export_view
from services.users.accounts.models import TENANTS
from services.users.tenants.actions import snapshot
from services.users.tenants.api import (
    ActivateTenant,
    SuspendTenant,
    TenantBySubdomain,
    TenantDetail,
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
    route("internal/users/export/tenants", export_view(TENANTS, snapshot)),
]
