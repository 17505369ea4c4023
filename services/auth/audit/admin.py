"""Admin page of security events."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.auth.audit.models import SecurityEvent


@admin.register(SecurityEvent)
class SecurityEventAdmin(DocumentAdmin):
    """What happened around accounts; nothing can be changed or deleted."""

    list_display = ("timestamp", "event_type", "outcome", "severity", "user_id", "ip_address", "action")
    list_filter = ("event_type", "outcome", "severity")
    ordering = ("-timestamp",)
