"""What leads stores of its queue."""

from datetime import datetime

from core.documents.shapes import Owned, Reference


class ItemDocument(Owned, total=False):
    """A lead in the queue, or one that was. `open` is there as long as it is pending or assigned."""

    leadId: Reference
    priority: float
    status: str
    open: bool
    tags: list[str]
    agentId: str | None
    assignedAt: datetime
    assignedBy: Reference | None
    assignmentId: Reference | None
    expiresAt: datetime
    completedAt: datetime
    cancelledAt: datetime
    reason: str
