"""Bulk operations, and what each lead was before: enough to go on after a crash, and to undo.

An operation is a run (core.runs): `status` is pending, running, completed or failed, and undone after its undo. An image
is kept for a day: `before` holds exactly the members that the operation changed, `rev` the lead's revision after it.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class BulkOperation(TenantDocumentModel):
    """An operation on many leads."""

    operation_id = models.CharField(db_column="operationId", max_length=40)
    operation = models.CharField(max_length=30)
    user_id = AnyField(db_column="userId")
    status = models.CharField(max_length=20)
    total_records = models.IntegerField(db_column="totalRecords")
    processed_records = models.IntegerField(db_column="processedRecords")
    failed_records = models.IntegerField(db_column="failedRecords")
    undo_operation_id = models.CharField(db_column="undoOperationId", max_length=40, null=True)
    finished_at = models.DateTimeField(db_column="finishedAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadbulkoperations"

    def __str__(self) -> str:
        return f"{self.operation} {self.operation_id}"
