"""What matching needs: a copy of leads, and the matches of buyers with them."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.buyers.matching.documents import LeadDocument, MatchDocument

LEADS = Collection[LeadDocument](
    "buyerleads",
    service="buyers",
    tenant="text",
    indexes=(
        index("tenantId", "-createdAt"),
        index("tenantId", "leadId"),
    ),
)
MATCHES = Collection[MatchDocument](
    "buyermatches",
    service="buyers",
    tenant="text",
    indexes=(
        index("tenantId", "buyerId", "leadId", name="pair", unique=True),
        index("tenantId", "leadId", "-matchScore"),
        index("tenantId", "buyerId", "-matchScore"),
        index("tenantId", "status", "-matchScore"),
        index("tenantId", "-matchScore", "-_id"),
    ),
)


class BuyerMatch(TenantDocumentModel):
    """A buyer who may want a lead's property."""

    buyer_id = AnyField(db_column="buyerId")
    lead_id = models.CharField(db_column="leadId", max_length=24)
    match_score = AnyField(db_column="matchScore")
    match_reason = models.CharField(db_column="matchReason", max_length=300)
    status = models.CharField(max_length=20)
    is_manual_override = models.BooleanField(db_column="isManualOverride")
    score_breakdown = AnyField(db_column="scoreBreakdown")

    class Meta(TenantDocumentModel.Meta):
        db_table = "buyermatches"
        verbose_name_plural = "buyer matches"

    def __str__(self) -> str:
        return f"{self.buyer_id} and {self.lead_id}"
