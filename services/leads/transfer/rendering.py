"""How imports look on the wire."""

from collections.abc import Iterable
from typing import Any

from core.documents.database import Document
from core.events import runs

Wire = dict[str, Any]
_STATUS = {runs.PENDING: "pending", runs.RUNNING: "processing"}


def result(run: Document, problems: Iterable[Document]) -> Wire:
    """Return ImportResult (contract/leads.yaml) and where more is to be had."""
    found = list(problems)
    return {
        "success": run["status"] == runs.COMPLETED and not run["failed"],
        "totalRecords": run["total"],
        "importedRecords": run["imported"] + run["updated"],
        "failedRecords": run["failed"],
        "errors": [_error(one) for one in found if one["kind"] == "error"],
        "warnings": run.get("notes", [])
        + [f"Row {one['row']}: {one['message']}" for one in found if one["kind"] == "warning"],
        "importId": run["importId"],
    }


def progress(run: Document) -> Wire:
    """Return ImportProgress (contract/leads.yaml)."""
    done = sum(run[name] for name in ("imported", "updated", "failed", "skipped"))
    over = run["status"] == runs.COMPLETED
    share = 100 if over else min(99, round(done / run["total"] * 100)) if run["total"] else 0
    named = {name: run[name] for name in ("importId", "fileName", "kind", "userId")} | {"reason": run.get("reason")}
    counters = {f"{name}Records": run[name] for name in ("total", "imported", "updated", "failed", "skipped")}
    moments = {"startedAt": run["createdAt"], "completedAt": run["finishedAt"]}
    return {**named, "status": _STATUS.get(run["status"], run["status"]), "progress": share, **counters, **moments}


def _error(problem: Document) -> Wire:
    value = {**dict(problem["value"]), "rowNumber": problem["row"]}
    return {"row": problem["row"], "field": "validation", "message": problem["message"], "value": value}
