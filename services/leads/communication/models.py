"""Messages and calls: the old system's log, and templates.

Additions to the log: `idempotencyKey` (of a bulk request and lead). `messageId` is the provider's, for its reports.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.leads.communication.documents import MessageDocument, TemplateDocument

LOGS = Collection[MessageDocument](
    "communicationlogs",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "-createdAt"),
        index("leadId", "-createdAt"),
        index("userId", "-createdAt"),
        index("type", "status"),
        index("messageId", unique=True, sparse=True),
        index(
            "tenantId",
            "idempotencyKey",
            name="once",
            unique=True,
            partialFilterExpression={"idempotencyKey": {"$exists": True}},
        ),
    ),
)
TEMPLATES = Collection[TemplateDocument](
    "communicationtemplates",
    service="leads",
    tenant="text",
    indexes=(index("tenantId", "id", unique=True),),
)


class CommunicationLog(TenantDocumentModel):
    """A message or call."""

    lead_id = AnyField(db_column="leadId")
    user_id = AnyField(db_column="userId")
    type = models.CharField(max_length=10)
    direction = models.CharField(max_length=10)
    to = models.CharField(max_length=40)
    status = models.CharField(max_length=10)
    message_id = models.CharField(db_column="messageId", max_length=60, null=True)
    cost = AnyField()
    error = models.CharField(max_length=300, null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "communicationlogs"

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
