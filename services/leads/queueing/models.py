"""The queue: the old system's collection.

Additions: `tenantId`; `open`, set while the item is pending or assigned: a lead has one open item at most; `assignmentId`.
`expiresAt` is the end of a lease. Old items have no tenant, and `leadId` as ObjectId; ours is text, as the old system wrote it.
"""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from services.leads.queueing.documents import ItemDocument

ITEMS = Collection[ItemDocument](
    "queueitems",
    service="leads",
    tenant="text",
    indexes=(
        index("status", "-priority", "createdAt"),
        index("leadId"),
        index("agentId"),
        index("createdAt"),
        index("tenantId", "status", "-priority", "createdAt", "_id", name="next"),
        index("tenantId", "-priority", "createdAt", "_id", name="list"),
        index("tenantId", "status", "createdAt", name="age"),
        index("tenantId", "leadId", name="one_open", unique=True, partialFilterExpression={"open": True}),
        index("expiresAt", name="leases", partialFilterExpression={"open": True}),
    ),
)


@shows(
    ITEMS,
    ItemDocument,
    "leadId priority status agentId assignedAt assignedBy assignmentId expiresAt completedAt cancelledAt reason",
)
class QueueItem(TenantDocumentModel):
    """A lead in the queue, or one that was."""

    def __str__(self) -> str:
        return f"{self.lead_id} ({self.status})"
