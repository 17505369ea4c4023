"""Admin page of invitations at auth."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.auth.invitations.models import OpenInvitation


@admin.register(OpenInvitation)
class OpenInvitationAdmin(DocumentAdmin):
    """Invitations; users owns them, so nothing is changed here."""

    list_display = ("email", "status", "roles", "expires_at", "tenant_id")
    list_filter = ("status",)
    search_fields = ("email__startswith",)
    ordering = ("-expires_at",)
