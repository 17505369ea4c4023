"""The queue: the old system's collection.

Additions: `tenantId`; `open`, set while the item is pending or assigned: a lead has one open item at most; `assignmentId`.
`expiresAt` is the end of a lease. Old items have no tenant, and `leadId` as ObjectId; ours is text, as the old system wrote it.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class QueueItem(TenantDocumentModel):
    """A lead in the queue, or one that was."""

    lead_id = AnyField(db_column="leadId")
    priority = AnyField()
    status = models.CharField(max_length=20)
    agent_id = AnyField(db_column="agentId")
    assigned_at = models.DateTimeField(db_column="assignedAt", null=True)
    assigned_by = AnyField(db_column="assignedBy")
    assignment_id = AnyField(db_column="assignmentId")
    expires_at = models.DateTimeField(db_column="expiresAt", null=True)
    completed_at = models.DateTimeField(db_column="completedAt", null=True)
    cancelled_at = models.DateTimeField(db_column="cancelledAt", null=True)
    reason = models.CharField(max_length=200, null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "queueitems"

    def __str__(self) -> str:
        return f"{self.lead_id} ({self.status})"
