"""What leads stores of operations on many leads."""

from datetime import datetime

from bson import ObjectId

from core.documents.shapes import Owned, RunDocument


class OperationDocument(RunDocument, total=False):
    """An operation; `done` counts its leads that were processed, `undoes` names the operation that it takes back."""

    operationId: str
    operation: str
    leadIds: list[str]
    changes: dict[str, object]
    errors: list[dict[str, str]]
    userId: str | None
    undoes: str | None
    undoOperationId: str | None
    totalRecords: int
    done: int
    processedRecords: int
    failedRecords: int


class ImageDocument(Owned, total=False):
    """What an operation changed in a lead, as it was before; `without` names the members that were not there."""

    operationId: str
    leadId: ObjectId
    before: dict[str, object]
    without: list[str]
    expiresAt: datetime
