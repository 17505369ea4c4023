"""Bulk operations, and what each lead was before: enough to go on after a crash, and to undo.

An operation is a run (core.runs): `status` is pending, running, completed or failed, and undone after its undo. An image
is kept for a day: `before` holds exactly the members that the operation changed, `rev` the lead's revision after it.
"""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from services.leads.bulk.documents import ImageDocument, OperationDocument

OPERATIONS = Collection[OperationDocument](
    "leadbulkoperations",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "operationId", name="operation", unique=True),
        index("tenantId", "-createdAt", "-_id", name="history"),
        index("status", "leaseUntil", name="waiting"),
    ),
)
IMAGES = Collection[ImageDocument](
    "leadbulkimages",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "operationId", "leadId", name="image"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)


@shows(
    OPERATIONS,
    OperationDocument,
    "operationId operation userId status totalRecords processedRecords failedRecords undoOperationId finishedAt",
)
class BulkOperation(TenantDocumentModel):
    """An operation on many leads."""

    def __str__(self) -> str:
        return f"{self.operation} {self.operation_id}"
