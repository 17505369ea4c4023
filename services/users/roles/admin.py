"""Admin pages of roles and of who has them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.documents.ids import object_id
from core.errors import Problem
from core.identity.principals import Principal
from services.users.roles.actions import revoke_role, update_role
from services.users.roles.granting import refresh_person
from services.users.roles.models import Role, UserRole


class _ActingAdmin(DocumentAdmin):
    """A page whose actions call use cases for each chosen document and show what they refuse."""

    def each(self, request: HttpRequest, queryset: Any, use_case: Callable[[Principal, Any], object]) -> None:
        """Call `use_case` with the caller and each chosen document."""
        principal = principal_of(request)
        if principal is None:
            return
        for document in queryset:
            try:
                use_case(principal, document)
            except Problem as problem:
                self.message_user(request, f"{document}: {problem.message}", messages.ERROR)


@admin.register(Role)
class RoleAdmin(_ActingAdmin):
    """Roles; switching them on and off goes through the API's own use case."""

    list_display = ("name", "display_name", "type", "is_active", "tenant_id", "created_at")
    list_filter = ("type", "is_active")
    search_fields = ("name__startswith",)
    search_help_text = "Beginning of the name"
    ordering = ("-created_at",)
    actions = ("activate", "deactivate")

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, queryset: object) -> None:
        """Let the chosen roles count."""
        self.each(request, queryset, lambda who, role: update_role(who, str(role.pk), {"isActive": True}))

    @admin.action(description="Deactivate")
    def deactivate(self, request: HttpRequest, queryset: object) -> None:
        """Let the chosen roles give nothing."""
        self.each(request, queryset, lambda who, role: update_role(who, str(role.pk), {"isActive": False}))


@admin.register(UserRole)
class UserRoleAdmin(_ActingAdmin):
    """Who has which role."""

    list_display = ("user_id", "role_id", "is_active", "assigned_at", "expires_at", "tenant_id")
    list_filter = ("is_active",)
    # Shows the search box; the ids that it takes are looked up below.
    search_fields = ("user_id",)
    search_help_text = "Id of a person or a role"
    ordering = ("-assigned_at",)
    actions = ("revoke", "apply")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the assignments of the person or the role with this id; none for other words."""
        if not search_term.strip():
            return queryset, False
        key = object_id(search_term.strip())
        forms = [key, str(key)]
        found = queryset.filter(user_id__in=forms) | queryset.filter(role_id__in=forms)
        return (found if key else queryset.none()), False

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: object) -> None:
        """Take the chosen roles away."""
        self.each(
            request, queryset, lambda who, one: revoke_role(who, str(one.user_id), str(one.role_id), "admin action")
        )

    @admin.action(description="Let roles from the old system take effect")
    def apply(self, request: HttpRequest, queryset: object) -> None:
        """Compute what the chosen people's roles give; for operators, as nobody checked who assigned the old ones."""
        self.each(
            request,
            queryset,
            lambda who, one: refresh_person(one.user_id, actor_id=who.user_id) if who.is_operator else None,
        )
