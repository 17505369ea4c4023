"""What matching needs: a copy of leads, and the matches of buyers with them."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(MATCHES, MatchDocument, "buyerId leadId matchScore matchReason status isManualOverride scoreBreakdown")
class BuyerMatch(TenantDocumentModel):
    """A buyer who may want a lead's property."""

    class Meta(TenantDocumentModel.Meta):
        verbose_name_plural = "buyer matches"

    def __str__(self) -> str:
        return f"{self.buyer_id} and {self.lead_id}"
