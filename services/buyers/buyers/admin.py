"""Admin pages of buyers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from services.buyers.buyers.actions import delete_buyer
from services.buyers.buyers.models import Buyer


@admin.register(Buyer)
class BuyerAdmin(DocumentAdmin):
    """Buyers; deleting goes through the API's own use case."""

    list_display = ("company_name", "contact_name", "city", "state", "buyer_type", "investment_range", "is_active")
    list_filter = ("is_active", "buyer_type", "investment_range")
    search_fields = ("company_name__startswith", "email__startswith")
    ordering = ("-created_at",)
    actions = ("delete_softly",)

    @admin.action(description="Delete (softly)")
    def delete_softly(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the chosen buyers."""
        principal = principal_of(request)
        if principal is None:
            return
        for buyer in queryset.filter(deleted_at=None):
            delete_buyer(principal.scope, str(buyer.pk))
