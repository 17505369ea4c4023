"""Use cases of imports: take a file, import it part by part, take an import back.

The rows are stored before the first lead is made, and each part is one transaction with its leads, events and counters: after
a crash the worker goes on with the next part (services.leads.transfer.tasks), and no row is imported twice.
"""

import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pymongo.errors import BulkWriteError

from core.api.errors import BadRequest
from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.events import runs
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_leads
from services.leads.transfer import columns
from services.leads.transfer.models import IMPORTS, PARTS
from services.leads.transfer.parts import Options, import_part
from services.leads.transfer.queries import import_by_id
from services.leads.transfer.reading import LARGEST_FILE, Unreadable, rows_of

MOST_ROWS, MOST_ROWS_IN_BACKGROUND = 10_000, 100_000
_PART = 250
_KEPT = timedelta(days=7)
_UNDO_WINDOW = timedelta(hours=24)
_DUPLICATE_KEY = 11_000
_COUNTERS = ("imported", "updated", "failed", "skipped")
UNDO = "undo"


def check(content: bytes, mapping: dict[str, str]) -> dict[str, Any]:
    """Return CsvValidation (contract/leads.yaml) of a file; nothing is stored."""
    try:
        rows = rows_of(content)
        keys = columns.targets(next(rows, []), mapping)
        count = sum(1 for _ in rows)
    except Unreadable as error:
        return {"isValid": False, "errors": [f"Failed to process CSV file: {error}"], "warnings": []}
    faults = columns.structure_faults(keys, has_rows=count > 0)
    many = (
        [f"Large file: {count} rows; more than {MOST_ROWS} are imported in the background"] if count > MOST_ROWS else []
    )
    return {"isValid": not faults, "errors": faults, "warnings": many}


def start_import(
    scope: TenantScope, name: str, content: bytes, mapping: dict[str, str], options: Options, *, background: bool
) -> Document:
    """Store a file's rows and return the import that is to be worked on. Raises BadRequest for a file that is no table, lacks
    columns, or is too large; NoTenant without a tenant."""
    scope.require_tenant()
    if len(content) > LARGEST_FILE:
        raise BadRequest("File is larger than 10 MB")
    verdict = check(content, mapping)
    if not verdict["isValid"]:
        raise BadRequest(
            "Invalid CSV structure", body={"message": "Invalid CSV structure", **_without_verdict(verdict)}
        )
    import_id = f"import_{time.time_ns() // 1_000_000}_{secrets.token_hex(5)}"
    rows = rows_of(content)
    keys = columns.targets(next(rows), mapping)
    total = _store_parts(scope, import_id, rows, MOST_ROWS_IN_BACKGROUND if background else MOST_ROWS)
    named = {"importId": import_id, "fileName": name[:200], "kind": "import", "userId": scope.actor_id}
    counters = dict.fromkeys(_COUNTERS, 0) | {"total": total, "part": 0}
    return IMPORTS.scoped(scope).insert_one(
        runs.new_run(**named, **counters, keys=keys, options=options._asdict(), undoes=None)
    )


def _without_verdict(verdict: dict[str, Any]) -> dict[str, Any]:
    return {"errors": verdict["errors"], "warnings": verdict["warnings"]}


def _store_parts(scope: TenantScope, import_id: str, rows: Iterable[list[str]], most: int) -> int:
    """Store the rows in parts and return how many there were. Raises BadRequest for more than `most`."""
    view, part, total, number = PARTS.scoped(scope), list[list[str]](), 0, 0
    expires = now() + _KEPT
    for row in rows:
        part.append(row)
        total += 1
        if total > most:
            view.delete_many({"importId": import_id})
            raise BadRequest(f"CSV file has more than {most} rows")
        if len(part) == _PART:
            view.insert_one({"importId": import_id, "number": number, "rows": part, "expiresAt": expires})
            part, number = [], number + 1
    if part:
        view.insert_one({"importId": import_id, "number": number, "rows": part, "expiresAt": expires})
    return total


def go_on(scope: TenantScope, run: Document) -> Document:
    """Work on an import until it is over, and return it."""
    return runs.work_on(IMPORTS, run["_id"], step) or import_by_id(scope, run["importId"])


def undo(scope: TenantScope, import_id: str) -> Document:
    """Delete the leads of a completed import that nobody touched since; return that run as it ended. Raises NotFound,
    BadRequest."""
    original = import_by_id(scope, import_id)
    if original["kind"] == UNDO or original["status"] != runs.COMPLETED:
        raise BadRequest("Only completed imports can be undone")
    if original["createdAt"] < now() - _UNDO_WINDOW:
        raise BadRequest("This import cannot be undone any more")
    named = {"importId": f"undo_{import_id}", "fileName": original["fileName"], "kind": UNDO, "userId": scope.actor_id}
    counters = dict.fromkeys(_COUNTERS, 0) | {"total": original["imported"], "part": 0}
    known = IMPORTS.scoped(scope).find_one({"importId": named["importId"]})
    run = known or IMPORTS.scoped(scope).insert_one(runs.new_run(**named, **counters, undoes=import_id, cursor=None))
    return go_on(scope, run)


def step(run: Document) -> runs.Changes:
    """Do the next part of an import and return what to note in it (core.events.runs)."""
    scope = TenantScope.of_tenant(run["tenantId"], run["userId"])
    if run["kind"] == UNDO:
        return _undo_part(scope, run)
    part = PARTS.scoped(scope).find_one({"importId": run["importId"], "number": run["part"]})
    if part is None:
        return {"status": runs.COMPLETED}
    try:
        done = import_part(scope, run, part["rows"], first=run["part"] * _PART + 1)
    except BulkWriteError as error:
        if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
            raise
        # Somebody made the same lead in this moment: the next look finds it.
        raise runs.Again from error
    return {"part": run["part"] + 1, **{name: run[name] + done[name] for name in _COUNTERS}}


def _undo_part(scope: TenantScope, run: Document) -> runs.Changes:
    """Delete the next leads of an import; those that somebody changed since are counted as failed."""
    view = LEADS.scoped(scope)
    after = {"_id": {"$gt": run["cursor"]}} if run["cursor"] else {}
    leads = list(view.find({"importId": run["undoes"], **after}, {"rev": 1}, sort=[("_id", 1)], limit=_PART))
    if not leads:
        return {"status": runs.COMPLETED}
    untouched = [lead["_id"] for lead in leads if lead.get("rev") == 1]
    moment = now()
    gone = {"$set": {"deletedAt": moment}, "$unset": {"emailKey": "", "phoneKey": ""}}
    view.update_many({"_id": {"$in": untouched}}, gone)
    publish_leads("deleted", view.find({"_id": {"$in": untouched}, "deletedAt": moment}))
    counters = {"imported": run["imported"] + len(untouched), "failed": run["failed"] + len(leads) - len(untouched)}
    return {"cursor": leads[-1]["_id"], **counters}
