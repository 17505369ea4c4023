"""Use cases of imports: take a file, import it part by part, take an import back.

The rows are stored before the first lead is made, and each part is one transaction with its leads, events and counters: after
a crash the worker goes on with the next part (services.leads.transfer.tasks), and no row is imported twice.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from pymongo.errors import BulkWriteError

from core.api.errors import BadRequest, Unavailable
from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.events import runs
from core.sheets import LARGEST_FILE, Busy, Line, Sheet, Unreadable, WrongType, open_sheet
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_leads
from services.leads.transfer import columns
from services.leads.transfer.models import IMPORTS, PARTS
from services.leads.transfer.parts import Options, import_part
from services.leads.transfer.queries import import_by_id

MOST_ROWS, MOST_ROWS_IN_BACKGROUND = 10_000, 100_000
_PART, _PART_TEXT = 250, 1_000_000
_KEPT = timedelta(days=7)
_UNDO_WINDOW = timedelta(hours=24)
_DUPLICATE_KEY = 11_000
_COUNTERS = ("imported", "updated", "failed", "skipped")
UNDO = "undo"


def read(name: str, content: bytes) -> Sheet:
    """Return the table in a file. Raises BadRequest for a file that is none, Unavailable while too many are read."""
    if len(content) > LARGEST_FILE:
        raise BadRequest("File is larger than 10 MB")
    try:
        return open_sheet(name, content)
    except WrongType as error:
        raise BadRequest(str(error)) from error
    except Unreadable as error:
        raise _invalid({"errors": [f"Failed to process CSV file: {error}"], "warnings": []}) from error
    except Busy as error:
        raise Unavailable(str(error), headers={"Retry-After": "5"}) from error


def check(name: str, content: bytes) -> dict[str, Any]:
    """Return CsvValidation (contract/leads.yaml) of a file; nothing is stored. Raises as `read` does for another
    kind of file."""
    try:
        return _verdict(read(name, content), {})
    except BadRequest as error:
        if error.body is None:
            raise
        return {"isValid": False, "errors": error.body["errors"], "warnings": []}


def _verdict(sheet: Sheet, mapping: dict[str, str]) -> dict[str, Any]:
    faults = columns.structure_faults(columns.targets(sheet.header, mapping), has_rows=sheet.count > 0)
    large = f"Large file: {sheet.count} rows; more than {MOST_ROWS} are imported in the background"
    warnings = sheet.notes + ([large] if sheet.count > MOST_ROWS else [])
    return {"isValid": not faults, "errors": faults, "warnings": warnings}


def start_import(
    scope: TenantScope, name: str, content: bytes, mapping: dict[str, str], options: Options, *, background: bool
) -> Document:
    """Store a file's rows and return the import that is to be worked on. Raises BadRequest for a file that is no table, lacks
    columns, or is too large; NoTenant without a tenant."""
    scope.require_tenant()
    sheet = read(name, content)
    verdict = _verdict(sheet, mapping)
    if not verdict["isValid"]:
        raise _invalid(verdict)
    import_id = f"import_{time.time_ns() // 1_000_000}_{secrets.token_hex(5)}"
    most = MOST_ROWS_IN_BACKGROUND if background else MOST_ROWS
    if sheet.count > most:
        raise BadRequest(f"CSV file has more than {most} rows")
    keys = columns.targets(sheet.header, mapping)
    _store_parts(scope, import_id, sheet)
    named = {"importId": import_id, "fileName": name[:200], "kind": "import", "userId": scope.actor_id}
    counters = dict.fromkeys(_COUNTERS, 0) | {"total": sheet.count, "part": 0, "offset": 0, "size": _PART}
    return IMPORTS.scoped(scope).insert_one(
        runs.new_run(**named, **counters, keys=keys, notes=sheet.notes, options=options._asdict(), undoes=None)
    )


def _invalid(verdict: dict[str, Any]) -> BadRequest:
    message = "Invalid CSV structure"
    return BadRequest(message, body={"message": message, "errors": verdict["errors"], "warnings": verdict["warnings"]})


def _store_parts(scope: TenantScope, import_id: str, lines: Iterable[Line]) -> None:
    """Store the lines in parts that a transaction can do and a document can hold."""
    view, expires = PARTS.scoped(scope), now() + _KEPT
    for number, part in enumerate(_parts(lines)):
        faults = [[line.number, line.fault] for line in part if line.fault]
        stored = {"rows": [line.cells for line in part], "first": part[0].number, "faults": faults}
        view.insert_one({"importId": import_id, "number": number, **stored, "expiresAt": expires})


def _lines_of(part: Document) -> list[Line]:
    """Return the lines of a part; the release before stored neither their faults nor the first one's number."""
    first, faults = part.get("first", part["number"] * _PART + 1), dict(part.get("faults", []))
    return [Line(number, cells, faults.get(number)) for number, cells in enumerate(part["rows"], first)]


def _parts(lines: Iterable[Line]) -> Iterator[list[Line]]:
    part, size = list[Line](), 0
    for line in lines:
        part.append(line)
        size += sum(map(len, line.cells))
        if len(part) == _PART or size > _PART_TEXT:
            yield part
            part, size = [], 0
    if part:
        yield part


def go_on(scope: TenantScope, run: Document) -> Document:
    """Work on an import until it is over, and return it."""
    return runs.work_on(IMPORTS, run["_id"], step, retreat) or import_by_id(scope, run["importId"])


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
    lines, rest = _next(scope, run)
    if not lines:
        return {"status": runs.COMPLETED}
    return _done(scope, run, lines, rest) | {"size": min(_PART, 2 * run.get("size", _PART))}


def retreat(run: Document, why: str) -> runs.Changes | None:
    """Return what to note in an import whose step went wrong: half of its lines at a time; when it was only one, that it failed
    and why."""
    if run["kind"] == UNDO:
        return None
    scope = TenantScope.of_tenant(run["tenantId"], run["userId"])
    lines, rest = _next(scope, run)
    if len(lines) > 1:
        return {"size": len(lines) // 2}
    lines = [line._replace(fault=f"The row could not be stored: {why}") for line in lines]
    return _done(scope, run, lines, rest) | {"tries": 1} if lines else None


def _next(scope: TenantScope, run: Document) -> tuple[list[Line], int]:
    """Return the lines that are next in an import, and how many more are in their part."""
    part = PARTS.scoped(scope).find_one({"importId": run["importId"], "number": run["part"]})
    lines = _lines_of(part)[run.get("offset", 0) :] if part else []
    size = min(len(lines), run.get("size", _PART))
    return lines[:size], len(lines) - size


def _done(scope: TenantScope, run: Document, lines: list[Line], rest: int) -> runs.Changes:
    """Import `lines` and return where the import then is."""
    try:
        done = import_part(scope, run, lines)
    except BulkWriteError as error:
        if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
            raise
        # Somebody made the same lead in this moment: the next look finds it.
        raise runs.Again from error
    place = {"offset": run.get("offset", 0) + len(lines)} if rest else {"part": run["part"] + 1, "offset": 0}
    return {**place, **{name: run[name] + done[name] for name in _COUNTERS}}


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
