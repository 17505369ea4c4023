"""Security events: written once, never changed, gone after a year."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.auth.audit.documents import SecurityEventDocument

# Events belong to accounts, some of which are unknown or have no tenant.
SECURITY_EVENTS = PlainCollection[SecurityEventDocument](
    "securityevents",
    service="auth",
    indexes=(
        # A year is what the old activity log was kept for (auth-rules §17).
        index("timestamp", name="timestamp_ttl", expireAfterSeconds=365 * 86_400),
        index("userId", "-timestamp"),
        index("tenantId", "-timestamp"),
        index("eventType", "-timestamp"),
    ),
)


class SecurityEvent(TenantDocumentModel):
    """Something that happened around an account (contract/auth-rules.md §14, §17)."""

    event_type = models.CharField(db_column="eventType", max_length=40)
    user_id = AnyField(db_column="userId")
    outcome = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    action = models.CharField(max_length=200)
    ip_address = models.CharField(db_column="ipAddress", max_length=45)
    user_agent = models.CharField(db_column="userAgent", max_length=300)
    details = AnyField()
    timestamp = models.DateTimeField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "securityevents"

    def __str__(self) -> str:
        return str(self.event_type)
