"""How the queue looks on the wire."""

from typing import Any

from core.documents.shapes import filled
from services.leads.queueing.documents import ItemDocument

_FIELDS = (
    "_id",
    "leadId",
    "priority",
    "status",
    "agentId",
    "assignedTo",
    "assignedBy",
    "assignedAt",
    "assignmentId",
    "completedAt",
    "cancelledAt",
    "expiresAt",
    "reason",
    "assignmentReason",
    "notes",
    "metadata",
    "waitTime",
    "queuePosition",
    "score",
    "estimatedProcessingTime",
    "actualProcessingTime",
    "createdAt",
    "updatedAt",
)


def item(document: ItemDocument) -> dict[str, Any]:
    """Return QueueItem (contract/leads.yaml): the members that are set."""
    wire = filled(document, _FIELDS)
    return {"tags": document.get("tags") or [], "__v": document.get("__v", 0), **wire}


def envelope(data: object, message: str, *, success: bool = True) -> dict[str, Any]:
    """Return what every answer of queue and assignment is wrapped in."""
    return {"success": success, "data": data, "message": message}
