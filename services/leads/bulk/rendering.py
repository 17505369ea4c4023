"""How bulk operations look on the wire: bare objects of contract/leads.yaml."""

from typing import Any

from core import runs
from core.documents.database import Document
from core.documents.shapes import part_of
from services.leads.bulk import rules
from services.leads.bulk.documents import OperationDocument

Wire = dict[str, Any]
_STATUS = {runs.RUNNING: "in_progress"}
_COUNTERS = ("totalRecords", "processedRecords", "failedRecords")


def result(operation: OperationDocument) -> Wire:
    """Return BulkResult."""
    undone = operation["operation"].startswith(rules.UNDO)
    more = {"undoOperationId": operation["operationId"]} if undone else {}
    return {
        "success": operation["status"] == runs.COMPLETED and not operation["failedRecords"],
        **_counters(operation),
        "operationId": operation["operationId"],
        "progress": rules.progress(operation),
        "canUndo": rules.can_be_undone(operation["operation"]),
        **more,
    }


def progress(operation: OperationDocument) -> Wire:
    """Return BulkProgress."""
    named = {"operationId": operation["operationId"], "status": _status(operation)}
    return {**named, "progress": _progress(operation), **_counters(operation)}


def log(operation: OperationDocument) -> Wire:
    """Return BulkLog."""
    named = {name: operation[name] for name in ("tenantId", "userId", "operation", "leadIds", "createdAt")}
    wire = {**progress(operation), **named, "canUndo": _may_undo(operation)}
    wire |= {"data": operation["changes"]} if operation["changes"] else {}
    wire |= {"completedAt": operation["finishedAt"]} if operation["finishedAt"] else {}
    return wire | ({"undoOperationId": operation["undoOperationId"]} if operation["undoOperationId"] else {})


def _may_undo(operation: OperationDocument) -> bool:
    return rules.can_be_undone(operation["operation"]) and operation["status"] == runs.COMPLETED


def _status(operation: OperationDocument) -> str:
    return _STATUS.get(operation["status"], str(operation["status"]))


def _progress(operation: OperationDocument) -> int:
    return 0 if operation["status"] == runs.FAILED and not operation["done"] else rules.progress(operation)


def _counters(operation: OperationDocument) -> Wire:
    return {**part_of(operation, _COUNTERS), "errors": _errors(operation), "warnings": []}


def _errors(operation: OperationDocument) -> list[Document]:
    """Return what went wrong with leads, and at last with all of it."""
    reason = operation.get("reason")
    whole = {"leadId": "system", "operation": operation["operation"], "message": reason}
    return [*operation["errors"], *([whole] if reason else [])]
