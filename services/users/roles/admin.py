"""Admin pages of roles and of who has them."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from services.users.roles.actions import revoke_role, update_role
from services.users.roles.granting import refresh_person
from services.users.roles.models import Role, UserRole


@admin.register(Role)
class RoleAdmin(DocumentAdmin):
    """Roles; switching them on and off goes through the API's own use case."""

    list_display = ("name", "display_name", "type", "is_active", "tenant_id", "created_at")
    list_filter = ("type", "is_active")
    search_fields = ("name__startswith",)
    search_help_text = "Beginning of the name"
    ordering = ("-created_at",)
    actions = ("activate", "deactivate")

    @for_each("Activate")
    def activate(self, caller: Principal, role: Role) -> None:
        """Let a role count."""
        update_role(caller, str(role.pk), {"isActive": True})

    @for_each("Deactivate")
    def deactivate(self, caller: Principal, role: Role) -> None:
        """Let a role give nothing."""
        update_role(caller, str(role.pk), {"isActive": False})


@admin.register(UserRole)
class UserRoleAdmin(DocumentAdmin):
    """Who has which role."""

    list_display = ("user_id", "role_id", "is_active", "assigned_at", "expires_at", "tenant_id")
    list_filter = ("is_active",)
    id_fields = ("user_id", "role_id")
    search_help_text = "Id of a person or a role"
    ordering = ("-assigned_at",)
    actions = ("revoke", "apply")

    @for_each("Revoke")
    def revoke(self, caller: Principal, held: UserRole) -> None:
        """Take a role away."""
        revoke_role(caller, str(held.user_id), str(held.role_id), "admin action")

    @for_each("Let roles from the old system take effect")
    def apply(self, caller: Principal, held: UserRole) -> None:
        """Compute the permissions of a user's roles; for operators only, as old assignments were never checked."""
        if caller.is_operator:
            refresh_person(held.user_id, actor_id=caller.user_id)
