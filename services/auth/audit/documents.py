"""What auth stores of what happened."""

from datetime import datetime

from core.documents.shapes import Belonging, Reference


class SecurityEventDocument(Belonging, total=False):
    """Something that happened around an account."""

    eventType: str
    userId: Reference | None
    ipAddress: str
    userAgent: str
    resource: str
    action: str
    outcome: str
    severity: str
    details: dict[str, object]
    requestId: str | None
    timestamp: datetime
