"""Messages and calls: the old system's log, and templates.

Additions to the log: `idempotencyKey` (of a bulk request and lead). `messageId` is the provider's, for its reports.
"""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(LOGS, MessageDocument, "leadId userId type direction to status messageId cost error")
class CommunicationLog(TenantDocumentModel):
    """A message or call."""

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
