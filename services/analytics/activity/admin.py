"""Admin page of activities."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.analytics.activity.models import Activity


@admin.register(Activity)
class ActivityAdmin(DocumentAdmin):
    """What people did, for ninety days."""

    list_display = ("created_at", "type", "user_id", "description")
    list_filter = ("type",)
    ordering = ("-created_at",)
