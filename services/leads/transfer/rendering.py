"""How imports look on the wire, and in reports."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

from core import runs
from core.imports.accounts import cell_lines, cell_text, column_lines, no_counts
from core.imports.columns import REPORT, Column
from services.leads.transfer.documents import ImportDocument, ProblemDocument
from services.leads.transfer.models import columns_of
from services.leads.transfer.parts import Part
from services.leads.transfer.queries import SHOWN

Wire = dict[str, Any]
_STATUS = {runs.PENDING: "pending", runs.RUNNING: "processing"}


def result(run: ImportDocument, problems: Iterable[ProblemDocument], cells: Iterable[ProblemDocument]) -> Wire:
    """Return ImportResult (contract/leads.yaml), what each column is, and where cells went whose column does not tell it.

    problems, cells: as many as are shown; the report has all."""
    found, columns = list(problems), columns_of(run)
    told = list(islice(_cells(columns, cells), SHOWN))
    return {
        "success": run["status"] == runs.COMPLETED and not run["failed"],
        "totalRecords": run["total"],
        "importedRecords": run["imported"] + run["updated"],
        "failedRecords": run["failed"],
        "errors": [_error(one) for one in found if one["kind"] == "error"],
        "warnings": [
            *run.get("notes", []),
            *(f"Row {one['row']}: {one['message']}" for one in found if one["kind"] == "warning"),
        ],
        "importId": run["importId"],
        "updatedRecords": run["updated"],
        "skippedRecords": run["skipped"],
        "problemsNotShown": run["failed"] + run.get("warned", 0) - len(found),
        "columns": column_lines(columns, run.get("cells", no_counts(columns))),
        "cells": told,
        "cellsNotShown": max(0, run.get("told", 0) - len(told)),
    }


def rehearsed(run: ImportDocument, part: Part) -> Wire:
    """Return the ImportResult of a dry run, with samples of each column."""
    answer = result(run, part.problems, part.cells)
    del answer["importId"]
    return {**answer, "dryRun": True, "columns": column_lines(part.columns, run["cells"], part.accounts.samples)}


def verdict(run: ImportDocument, part: Part) -> Wire:
    """Return CsvValidation (contract/leads.yaml) of a file that can be imported, and what an import of it would answer."""
    more = run["rows"] - run["total"]
    large = f"Large file: {run['rows']} rows; more than {run['total']} are imported in the background"
    return {
        "isValid": True,
        "errors": [],
        "warnings": run["notes"] + ([large] if more else []),
        "result": rehearsed(run, part),
    }


def refusal(body: Wire) -> Wire:
    """Return CsvValidation of a file that an import refuses with `body`."""
    return {"isValid": False, "errors": body["errors"], "warnings": body["warnings"]}


def report_lines(
    run: ImportDocument, problems: Iterable[ProblemDocument], cells: Iterable[ProblemDocument]
) -> Iterator[list[Any]]:
    """Yield the lines of a report: its header, each row that was not taken as it was, and notes, of which only the row is given.
    Imported again, the columns are the same ones, and notes are no rows."""
    columns = columns_of(run)
    keys = [column.key for column in columns if not column.reason]
    yield [*REPORT, *keys]
    for problem in problems:
        values: dict[str, Any] = dict(cast(Any, problem["value"]))
        yield [problem["row"], problem["kind"], problem["message"], *(values.get(key, "") for key in keys)]
    for cell in _cells(columns, cells):
        yield [
            cell["row"],
            cell["outcome"],
            cell_text(cell["header"] or f"Column {cell['column']}", cell),
            *[""] * len(keys),
        ]


def progress(run: ImportDocument) -> Wire:
    """Return ImportProgress (contract/leads.yaml)."""
    done = sum(run[name] for name in ("imported", "updated", "failed", "skipped"))
    over = run["status"] == runs.COMPLETED
    share = 100 if over else min(99, round(done / run["total"] * 100)) if run["total"] else 0
    named = {name: run[name] for name in ("importId", "fileName", "kind", "userId")} | {"reason": run.get("reason")}
    counters = {f"{name}Records": run[name] for name in ("total", "imported", "updated", "failed", "skipped")}
    moments = {"startedAt": run["createdAt"], "completedAt": run["finishedAt"]}
    return {**named, "status": _STATUS.get(run["status"], run["status"]), "progress": share, **counters, **moments}


def details(run: ImportDocument) -> Wire:
    """Return ImportProgress of one import, with its columns."""
    columns = columns_of(run)
    return {**progress(run), "columns": column_lines(columns, run.get("cells", no_counts(columns)))}


def _error(problem: ProblemDocument) -> Wire:
    value = {"rowNumber": problem["row"], **dict(cast(Any, problem["value"]))}
    return {"row": problem["row"], "field": "validation", "message": problem["message"], "value": value}


def _cells(columns: Sequence[Column], rows: Iterable[ProblemDocument]) -> Iterator[Wire]:
    headers = {column.number: column.header for column in columns}
    for one in rows:
        yield from cell_lines(one["row"], headers, one["value"])
