"""Buyers: investors and companies that buy what the leads sell."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.rules import keys_to_be

BUYERS = Collection[BuyerDocument](
    "buyers",
    service="buyers",
    tenant="text",
    soft_delete=True,
    derived=keys_to_be,
    indexes=(
        index("tenantId", "-createdAt", "-_id", name="list"),
        index("tenantId", "isActive"),
        index("tenantId", "email"),
        index(
            "tenantId",
            "emailKey",
            name="emailKey_unique",
            unique=True,
            partialFilterExpression={"emailKey": {"$exists": True}},
        ),
        index("tenantId", "phone"),
        index("tenantId", "buyerType"),
        index("tenantId", "investmentRange"),
        index("tenantId", "preferredPropertyTypes"),
        index("tenantId", "state", "city"),
        index("tenantId", "buyBox.zipCodes"),
        index("tenantId", "buyBox.states"),
        index("tenantId", "buyBox.cities"),
        index("tenantId", "companyName", "_id"),
        index("tenantId", "-lastContacted"),
    ),
)


class Buyer(TenantDocumentModel):
    """A person or company that buys properties."""

    company_name = models.CharField(db_column="companyName", max_length=200)
    contact_name = models.CharField(db_column="contactName", max_length=200)
    email = models.CharField(max_length=254)
    phone = models.CharField(max_length=40)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2)
    buyer_type = models.CharField(db_column="buyerType", max_length=20)
    investment_range = models.CharField(db_column="investmentRange", max_length=20)
    preferred_property_types = AnyField(db_column="preferredPropertyTypes")
    buy_box = AnyField(db_column="buyBox")
    notes = models.TextField()
    is_active = models.BooleanField(db_column="isActive")
    deleted_at = models.DateTimeField(db_column="deletedAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "buyers"

    def __str__(self) -> str:
        return str(self.company_name)
