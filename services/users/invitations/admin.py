"""Admin page of invitations."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from services.users.invitations import actions
from services.users.invitations.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(DocumentAdmin):
    """Invitations; resending and cancelling go through the API's own use cases."""

    list_display = ("email", "status", "roles", "invited_by", "expires_at", "accepted_at")
    list_filter = ("status",)
    search_fields = ("email__startswith",)
    ordering = ("-created_at",)
    exclude = ("token",)
    actions = ("resend", "cancel")

    @for_each("Resend")
    def resend(self, caller: Principal, invitation: Invitation) -> None:
        """Mail an invitation again."""
        actions.resend(caller.scope, str(invitation.pk), actor=caller)

    @for_each("Cancel")
    def cancel(self, caller: Principal, invitation: Invitation) -> None:
        """Take an invitation back."""
        actions.cancel(caller.scope, str(invitation.pk), "admin action", actor=caller)
