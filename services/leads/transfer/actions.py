"""Use cases of imports: take a file, import it part by part, take an import back.

The rows are stored before the first lead is made, and each part is one transaction with its leads, events and counters: after
a crash the worker goes on with the next part (services.leads.transfer.tasks), and no row is imported twice.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from math import inf
from typing import Any, cast

from pymongo.errors import BulkWriteError

from core import runs
from core.documents.collection import now
from core.documents.scope import TenantScope
from core.documents.shapes import part_of
from core.errors import BadRequest, Unavailable
from core.imports.accounts import no_counts
from core.imports.columns import Plan, Unclear, plan_of, widened
from core.imports.rows import Survey
from core.sheets import LARGEST_FILE, Busy, Line, Sheet, Unreadable, WrongType, open_sheet
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_leads
from services.leads.transfer.columns import SUBJECT
from services.leads.transfer.documents import ImportDocument, PartDocument
from services.leads.transfer.models import IMPORTS, PARTS
from services.leads.transfer.parts import Options, Part, import_part
from services.leads.transfer.queries import SHOWN, import_by_id

MOST_ROWS, MOST_ROWS_IN_BACKGROUND = 10_000, 100_000
# Lines and characters of a part; parts that are stored in one statement.
_PART, _PART_TEXT, _AT_ONCE = 250, 1_000_000, 16
_KEPT = timedelta(days=7)
_UNDO_WINDOW = timedelta(hours=24)
_DUPLICATE_KEY = 11_000
_NOTHING_DONE: ImportDocument = {"imported": 0, "updated": 0, "failed": 0, "skipped": 0, "warned": 0, "told": 0}
_SAMPLES = 3
# How many lines above the header a file may have for the answer to point the header out.
_TITLE_LINES = 10
UNDO = "undo"


def read(name: str, content: bytes) -> Sheet:
    """Return the table in a file. Raises BadRequest for a file without a table, Unavailable while too many are read."""
    if len(content) > LARGEST_FILE:
        raise BadRequest("File is larger than 10 MB")
    try:
        return open_sheet(name, content)
    except WrongType as error:
        raise BadRequest(str(error)) from error
    except Unreadable as error:
        raise _invalid([f"Failed to process CSV file: {error}"], []) from error
    except Busy as error:
        raise Unavailable(str(error), retry_after=5) from error


def start_import(
    scope: TenantScope, name: str, content: bytes, mapping: dict[str, str], options: Options, *, background: bool
) -> ImportDocument:
    """Store a file's rows and return the import that is to be worked on. Raises BadRequest for a file that is no table, lacks
    columns, or is too large; NoTenant without a tenant."""
    scope.require_tenant()
    sheet = read(name, content)
    plan = _plan(sheet, mapping)
    _check_plan(plan)
    most = MOST_ROWS_IN_BACKGROUND if background else MOST_ROWS
    if sheet.count > most:
        raise BadRequest(f"CSV file has more than {most} rows")
    run = _new_import(scope, name, sheet, plan, mapping, options)
    _store_parts(scope, run["importId"], sheet)
    return IMPORTS.scoped(scope).insert_one(run)


def rehearse(
    scope: TenantScope,
    name: str,
    content: bytes,
    mapping: dict[str, str],
    options: Options,
    *,
    whole: bool = True,
    until: float = inf,
) -> tuple[ImportDocument, Part]:
    """Do with a file all that an import does, but store nothing; return the run as it would end, and what became of its rows.
    Without `whole` a longer file than an import takes at once is looked at as far as that. Raises as `start_import` does, and
    Unavailable when it is not over as the monotonic clock shows `until`."""
    scope.require_tenant()
    sheet = read(name, content)
    plan = _plan(sheet, mapping)
    _check_plan(plan)
    if whole and sheet.count > MOST_ROWS:
        raise BadRequest(f"CSV file has more than {MOST_ROWS} rows")
    run = _new_import(scope, name, sheet, plan, mapping, options)
    part = Part(scope, run, samples=_SAMPLES)
    for lines in _parts(islice(sheet, MOST_ROWS)):
        part.decide(lines)
        part.forget(SHOWN)
        if time.monotonic() > until:
            raise Unavailable("The file takes too long at this moment", retry_after=30)
    run |= {"status": runs.COMPLETED, "total": min(sheet.count, MOST_ROWS)}
    return {**run, **_noted(run, part)}, part


def _plan(sheet: Sheet, mapping: dict[str, str]) -> Plan:
    try:
        plan = plan_of(SUBJECT, sheet.header, mapping)
    except Unclear as error:
        raise BadRequest([str(error)]) from None
    faults = [*plan.faults, *_later_header(sheet, mapping)] if plan.faults else []
    empty = [] if sheet.count else ["CSV file is empty"]
    return plan._replace(warnings=[*sheet.notes, *plan.warnings], faults=[*faults, *empty])


def _later_header(sheet: Sheet, mapping: dict[str, str]) -> list[str]:
    """Return the warning about a file whose header is not its first line, for example below a title."""
    for line in islice(sheet, _TITLE_LINES):
        with suppress(Unclear):
            if not plan_of(SUBJECT, line.cells, mapping).faults:
                return [f"Row {line.number} looks like the header: remove the lines above it"]
    return []


def _check_plan(plan: Plan) -> None:
    if plan.faults:
        raise _invalid(plan.faults, plan.warnings)


def _invalid(errors: list[str], warnings: list[str]) -> BadRequest:
    message = "Invalid CSV structure"
    return BadRequest(message, body={"message": message, "errors": errors, "warnings": warnings})


def _new_import(
    scope: TenantScope, name: str, sheet: Sheet, plan: Plan, mapping: dict[str, str], options: Options
) -> ImportDocument:
    """Return the run of an import. Its columns are known for good once all rows were seen."""
    survey = Survey(SUBJECT, plan.columns)
    for line in sheet:
        survey.see(line.cells)
    columns = widened(SUBJECT, plan.columns, survey.width, mapped=bool(mapping))
    columns = survey.styled(columns, comma=bool(sheet.decimal_comma))
    return {
        **_NOTHING_DONE,
        **runs.new_run(),
        "importId": f"import_{time.time_ns() // 1_000_000}_{secrets.token_hex(5)}",
        "fileName": name[:200],
        "kind": "import",
        "userId": scope.actor_id,
        "total": sheet.count,
        "part": 0,
        "offset": 0,
        "size": _PART,
        "columns": [list(column) for column in columns],
        "cells": no_counts(columns),
        # For workers of the release before.
        "keys": ["" if column.reason else column.field or column.custom for column in columns],
        "notes": plan.warnings,
        "rows": sheet.count,
        "options": options._asdict(),
        "undoes": None,
    }


def _noted(run: ImportDocument, part: Part) -> ImportDocument:
    """Return the counters of a run with those of a part added."""
    before: dict[str, Any] = {**part_of(run, _NOTHING_DONE)}
    counted = cast(ImportDocument, {name: before.get(name, 0) + part.counts[name] for name in _NOTHING_DONE})
    return {**counted, "cells": part.accounts.summed(run["cells"])} if "cells" in run else counted


def _store_parts(scope: TenantScope, import_id: str, lines: Iterable[Line]) -> None:
    """Store the lines in parts that a transaction can do and a document can hold."""
    view, expires, waiting = PARTS.scoped(scope), now() + _KEPT, list[PartDocument]()
    for number, part in enumerate(_parts(lines)):
        faults = [(line.number, line.fault) for line in part if line.fault]
        stored: PartDocument = {"rows": [line.cells for line in part], "first": part[0].number, "faults": faults}
        waiting.append({"importId": import_id, "number": number, **stored, "expiresAt": expires})
        if len(waiting) == _AT_ONCE:
            view.insert_many(waiting)
            waiting = []
    view.insert_many(waiting)


def _lines_of(part: PartDocument) -> list[Line]:
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


def go_on(scope: TenantScope, run: ImportDocument, *, until: float = inf) -> ImportDocument:
    """Work on an import until it is over, or the monotonic clock shows `until`, and return it."""
    return runs.work_on(IMPORTS, run["_id"], step, retreat, until=until) or import_by_id(scope, run["importId"])


def undo(scope: TenantScope, import_id: str) -> ImportDocument:
    """Delete the leads of a completed import that were not changed since; return that run as it ended. Raises NotFound,
    BadRequest."""
    original = import_by_id(scope, import_id)
    if original["kind"] == UNDO or original["status"] != runs.COMPLETED:
        raise BadRequest("Only completed imports can be undone")
    if original["createdAt"] < now() - _UNDO_WINDOW:
        raise BadRequest("This import cannot be undone any more")
    view, undo_id = IMPORTS.scoped(scope), f"undo_{import_id}"
    begun: ImportDocument = {**_NOTHING_DONE, **runs.new_run(), "importId": undo_id, "kind": UNDO, "undoes": import_id}
    begun |= {"fileName": original["fileName"], "userId": scope.actor_id, "total": original["imported"]}
    run = view.find_one({"importId": undo_id}) or view.insert_one({**begun, "part": 0, "cursor": None})
    return go_on(scope, run)


def step(run: ImportDocument) -> runs.Changes:
    """Do the next part of an import and return what to note in it (core.runs)."""
    scope = TenantScope.of_tenant(run["tenantId"], run["userId"])
    if run["kind"] == UNDO:
        return _undo_part(scope, run)
    lines, rest = _next(scope, run)
    if not lines:
        return {"status": runs.COMPLETED}
    return _done(scope, run, lines, rest) | {"size": min(_PART, 2 * run.get("size", _PART))}


def retreat(run: ImportDocument, why: str) -> runs.Changes | None:
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


def _next(scope: TenantScope, run: ImportDocument) -> tuple[list[Line], int]:
    """Return the lines that are next in an import, and how many more are in their part."""
    part = PARTS.scoped(scope).find_one({"importId": run["importId"], "number": run["part"]})
    lines = _lines_of(part)[run.get("offset", 0) :] if part else []
    size = min(len(lines), run.get("size", _PART))
    return lines[:size], len(lines) - size


def _done(scope: TenantScope, run: ImportDocument, lines: list[Line], rest: int) -> runs.Changes:
    """Import `lines` and return where the import then is."""
    try:
        done = import_part(scope, run, lines)
    except BulkWriteError as error:
        if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
            raise
        # The same lead was created in this moment: the next search finds it.
        raise runs.Again from error
    place = {"offset": run.get("offset", 0) + len(lines)} if rest else {"part": run["part"] + 1, "offset": 0}
    return {**place, **_noted(run, done)}


def _undo_part(scope: TenantScope, run: ImportDocument) -> runs.Changes:
    """Delete the next leads of an import; those that were changed since are counted as failed."""
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
