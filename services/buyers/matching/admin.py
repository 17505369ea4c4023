"""Admin pages of matches."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.buyers.matching.models import BuyerMatch


@admin.register(BuyerMatch)
class BuyerMatchAdmin(DocumentAdmin):
    """Matches, with their points per criterion."""

    list_display = ("buyer_id", "lead_id", "match_score", "match_reason", "status", "is_manual_override")
    list_filter = ("status",)
    ordering = ("-created_at",)
