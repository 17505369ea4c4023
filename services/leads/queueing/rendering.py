"""How the queue looks on the wire."""

from typing import Any

from core.documents.database import Document

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


def item(document: Document) -> dict[str, Any]:
    """Return QueueItem (contract/leads.yaml): the members that are set."""
    wire = {name: document[name] for name in _FIELDS if document.get(name) is not None}
    return {"tags": document.get("tags") or [], "__v": document.get("__v", 0), **wire}


def envelope(data: Any, message: str, *, success: bool = True) -> dict[str, Any]:
    """Return what every answer of queue and assignment is wrapped in."""
    return {"success": success, "data": data, "message": message}
