"""What analytics stores of what people did."""

from datetime import datetime
from typing import TypedDict


class ActivityDocument(TypedDict, total=False):
    """Something a person did, told by a front end or by auth."""

    _id: str
    tenantId: str
    userId: str
    type: str
    entityType: str
    entityId: str
    description: str
    severity: str
    metadata: dict[str, object]
    ipAddress: str | None
    userAgent: str | None
    createdAt: datetime
