"""Admin pages of tenants."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from services.users.tenants.actions import set_tenant_status
from services.users.tenants.models import Tenant


@admin.register(Tenant)
class TenantAdmin(DocumentAdmin):
    """Tenants; only operators see them."""

    operators_only = True
    list_display = ("name", "subdomain", "status", "plan", "owner_id", "created_at")
    list_filter = ("status", "plan")
    search_fields = ("name__startswith", "subdomain__startswith")
    ordering = ("-created_at",)
    actions = ("activate", "suspend")

    @for_each("Activate")
    def activate(self, caller: Principal, tenant: Tenant) -> None:
        """Open a tenant."""
        set_tenant_status(caller, tenant.tenant_id, "active")

    @for_each("Suspend")
    def suspend(self, caller: Principal, tenant: Tenant) -> None:
        """Close a tenant."""
        set_tenant_status(caller, tenant.tenant_id, "suspended")
