"""Buyers: investors and companies that buy what the leads sell."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from services.buyers.buyers.documents import BuyerDocument, HistoryDocument
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
HISTORY = Collection[HistoryDocument](
    "buyerhistories",
    service="buyers",
    tenant="text",
    indexes=(index("tenantId", "buyerId", "-createdAt", "-_id"),),
)


@shows(
    BUYERS,
    BuyerDocument,
    "companyName contactName email phone city state buyerType investmentRange preferredPropertyTypes buyBox notes "
    "isActive deletedAt",
)
class Buyer(TenantDocumentModel):
    """A person or company that buys properties."""

    def __str__(self) -> str:
        return str(self.company_name)
