"""Admin page of messages and calls."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.leads.communication.models import CommunicationLog


@admin.register(CommunicationLog)
class CommunicationLogAdmin(DocumentAdmin):
    """Messages and calls, without what they say."""

    list_display = ("type", "direction", "status", "to", "error", "cost", "tenant_id", "created_at")
    list_filter = ("type", "status", "direction")
    search_fields = ("message_id",)
    ordering = ("-created_at",)
