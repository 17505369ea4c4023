"""Admin pages of tenants."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
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

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, queryset: object) -> None:
        """Open the chosen tenants."""
        self._move(request, queryset, "active")

    @admin.action(description="Suspend")
    def suspend(self, request: HttpRequest, queryset: object) -> None:
        """Close the chosen tenants."""
        self._move(request, queryset, "suspended")

    def _move(self, request: HttpRequest, queryset: Any, status: str) -> None:
        principal = principal_of(request)
        if principal is None:
            return
        for tenant in queryset:
            try:
                set_tenant_status(principal, tenant.tenant_id, status)
            except Problem as problem:
                self.message_user(request, f"{tenant.name}: {problem.message}", messages.ERROR)
