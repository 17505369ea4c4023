"""Admin pages of people."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
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

    @for_each("Suspend")
    def suspend(self, caller: Principal, person: User) -> None:
        """Suspend a person."""
        set_status(caller.scope, str(person.pk), "suspended", "admin action", actor=caller)

    @for_each("Activate")
    def activate(self, caller: Principal, person: User) -> None:
        """Activate a person."""
        set_status(caller.scope, str(person.pk), "active", "admin action", actor=caller)


@admin.register(UserActivity)
class UserActivityAdmin(DocumentAdmin):
    """What people did."""

    list_display = ("type", "severity", "description", "user_id", "performed_at")
    list_filter = ("severity", "type")
    ordering = ("-created_at",)
