"""Admin pages of facts."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.analytics.facts.models import Happening, LeadFact


@admin.register(LeadFact)
class LeadFactAdmin(DocumentAdmin):
    """Leads as dashboards count them."""

    list_display = ("name", "stage", "status", "kind", "value", "assigned_to", "version", "created_at")
    list_filter = ("stage", "kind")
    ordering = ("-created_at",)


@admin.register(Happening)
class HappeningAdmin(DocumentAdmin):
    """What happened, as the dashboard shows it."""

    list_display = ("type", "message", "at")
    list_filter = ("type",)
    ordering = ("-at",)
