"""Admin pages of buyers."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
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

    @for_each("Delete (softly)")
    def delete_softly(self, caller: Principal, buyer: Buyer) -> None:
        """Delete a buyer that is not deleted yet."""
        if buyer.deleted_at is None:
            delete_buyer(caller.scope, str(buyer.pk))
