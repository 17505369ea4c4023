"""Admin pages of people."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
from services.users.accounts.actions import set_status
from services.users.accounts.models import User, UserActivity


@admin.register(User)
class UserAdmin(DocumentAdmin):
    """People; suspending and activating go through the API's own use cases."""

    list_display = ("email", "first_name", "last_name", "status", "roles", "tenant_id", "last_login_at")
    list_filter = ("status",)
    search_fields = ("email__startswith", "last_name__startswith")
    ordering = ("-created_at",)
    actions = ("suspend", "activate")

    @admin.action(description="Suspend")
    def suspend(self, request: HttpRequest, queryset: object) -> None:
        """Suspend the chosen people."""
        self._move(request, queryset, "suspended")

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, queryset: object) -> None:
        """Activate the chosen people."""
        self._move(request, queryset, "active")

    def _move(self, request: HttpRequest, queryset: Any, status: str) -> None:
        principal = principal_of(request)
        if principal is None:
            return
        for person in queryset:
            try:
                set_status(principal.scope, str(person.pk), status, "admin action", actor=principal)
            except Problem as problem:
                self.message_user(request, f"{person.email}: {problem.message}", messages.ERROR)


@admin.register(UserActivity)
class UserActivityAdmin(DocumentAdmin):
    """What people did."""

    list_display = ("type", "severity", "description", "user_id", "performed_at")
    list_filter = ("severity", "type")
    ordering = ("-created_at",)
