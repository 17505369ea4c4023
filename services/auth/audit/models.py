"""Security events: written once, never changed, gone after a year."""

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(
    SECURITY_EVENTS,
    SecurityEventDocument,
    "eventType userId outcome severity action ipAddress userAgent details timestamp",
)
class SecurityEvent(TenantDocumentModel):
    """Something that happened around an account (contract/auth-rules.md §14, §17)."""

    def __str__(self) -> str:
        return str(self.event_type)
