"""Admin page of invitations."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
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

    @admin.action(description="Resend")
    def resend(self, request: HttpRequest, queryset: object) -> None:
        """Mail the chosen invitations again."""
        self._each(request, queryset, lambda who, key: actions.resend(who.scope, key, actor=who))

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: object) -> None:
        """Take the chosen invitations back."""
        self._each(request, queryset, lambda who, key: actions.cancel(who.scope, key, "admin action", actor=who))

    def _each(self, request: HttpRequest, queryset: Any, do: Callable[[Principal, str], None]) -> None:
        principal = principal_of(request)
        if principal is None:
            return
        for invitation in queryset:
            try:
                do(principal, str(invitation.pk))
            except Problem as problem:
                self.message_user(request, f"{invitation.email}: {problem.message}", messages.ERROR)
