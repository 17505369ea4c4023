"""Routes of import and export."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from core import runs
from core.api.parsing import json_value, plain_body
from core.api.turns import one_at_a_time
from core.api.views import ContractView
from core.errors import BadRequest
from core.imports.columns import mapping_of
from core.imports.lines import line
from core.imports.numbers import Style
from core.sheets import LARGEST_FILE
from core.worker.jobs import enqueue
from services.leads.leads.api import MANAGERS, MEMBERS
from services.leads.leads.serializers import LeadQuery
from services.leads.transfer import actions, queries
from services.leads.transfer.columns import COLUMNS
from services.leads.transfer.models import columns_of
from services.leads.transfer.parts import Options
from services.leads.transfer.rendering import details, progress, refusal, rehearsed, report_lines, result, verdict
from services.leads.transfer.tasks import go_on
from services.leads.transfer.writing import lead_lines

# ruff: noqa: N803 - path names of the contract

_CSV = "text/csv; charset=utf-8"
_MOST_FIELDS, _MOST_SHOWN = 100, 100
_PARAMETERS = ("fields", "fields[]", "filters", "format")
_OPTIONS = ("skipDuplicates", "updateExisting", "dryRun", "background")
_YES, _NO = ("true", "1", "yes", "on"), ("", "false", "0", "no", "off")
# The gateway ends a request after 30 seconds: what is not done before is done by the worker, and the answer says so.
_SECONDS = 18.0
# A slow sender holds a thread, and few of them are for files (gateway/limits.py).
_one_file = one_at_a_time("file", "Another file of yours is being read. Please try again when it is done.")


class Switches(NamedTuple):
    """How an import is to be done. dry_run: nothing is stored. background: the answer does not wait for it."""

    dry_run: bool
    background: bool


class Import(ContractView):
    """Leads from a file."""

    access = {"post": MANAGERS}

    @_one_file
    def post(self, request: Request) -> Response:
        """Import it, and answer how it went, or 202 with the import's id when that takes longer than a request may;
        `background=true` answers so at once, `dryRun=true` what would come, without storing anything."""
        until = time.monotonic() + _SECONDS
        name, content = _uploaded(request)
        mapping, options, switches = _asked(request)
        if switches.dry_run:
            rehearsal = actions.rehearse(self.scope, name, content, mapping, options, until=until)
            return Response(rehearsed(*rehearsal), status=201)
        run = actions.start_import(self.scope, name, content, mapping, options, background=switches.background)
        if not switches.background:
            run = actions.go_on(self.scope, run, until=until)
        if run["status"] in runs.UNFINISHED:
            enqueue(go_on, str(run["_id"]))
            return Response(progress(run), status=202)
        found, cells = (
            read(self.scope, run["importId"], limit=queries.SHOWN) for read in (queries.problems, queries.cells)
        )
        return Response(result(run, found, cells), status=201)


class Validate(ContractView):
    """A look at a file."""

    access = {"post": MANAGERS}

    @_one_file
    def post(self, request: Request) -> Response:
        """Answer what the file lacks, and what an import of it would do; nothing is stored."""
        until = time.monotonic() + _SECONDS
        name, content = _uploaded(request)
        mapping, options, _ = _asked(request)
        try:
            rehearsal = actions.rehearse(self.scope, name, content, mapping, options, whole=False, until=until)
            answer = verdict(*rehearsal)
        except BadRequest as error:
            if error.body is None:
                raise
            answer = refusal(error.body)
        return Response(answer, status=201)


class Template(ContractView):
    """An empty file."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> HttpResponseBase:
        """Answer the header line."""
        body = ",".join(COLUMNS.values())
        return _attached(HttpResponse(body, content_type=_CSV), "leads_import_template.csv")


class Export(ContractView):
    """The tenant's leads as a file."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Any:
        """Answer the leads that match, as they are read; 204 when there are none."""
        fields, filters = _fields(request), self._filters(request)
        if not queries.has_leads(self.scope, filters):
            return Response(status=204)
        lines = lead_lines(fields, queries.exported_leads(self.scope, filters))
        name = f"leads_export_{time.time_ns() // 1_000_000}.csv"
        return _attached(StreamingHttpResponse(_encoded(lines), content_type=_CSV), name)

    def _filters(self, request: Request) -> dict[str, Any]:
        sent = _filters(request)
        validator = LeadQuery(data={name: value for name, value in sent.items() if value not in ("", None)})
        validator.is_valid(raise_exception=True)
        return dict(validator.validated_data)


class Imports(ContractView):
    """The tenant's imports."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer the latest ones, newest first."""
        return Response([progress(run) for run in queries.imports(self.scope, _MOST_SHOWN)])


class ImportProgress(ContractView):
    """One import."""

    access = {"get": MANAGERS}

    def get(self, request: Request, importId: str) -> Response:
        """Answer how far it is."""
        return Response(details(queries.import_by_id(self.scope, importId)))


class ImportReport(ContractView):
    """The rows that could not be taken."""

    access = {"get": MANAGERS}

    def get(self, request: Request, importId: str) -> Any:
        """Answer them as a file, to correct and import again; with `cells=true` also each changed cell."""
        run = queries.import_by_id(self.scope, importId)
        cells = queries.cells(self.scope, importId) if _said(request.query_params.get("cells")) else []
        lines = report_lines(run, queries.problems(self.scope, importId), cells)
        # The sign between cells lets expect a decimal comma, as it did in the file.
        delimiter = ";" if any(column.style == Style.COMMA for column in columns_of(run)) else ","
        written = (line(cells, delimiter) for cells in lines)
        return _attached(StreamingHttpResponse(_encoded(written), content_type=_CSV), f"{importId}_report.csv")


class UndoImport(ContractView):
    """Taking an import back."""

    access = {"post": MANAGERS}

    def post(self, request: Request, importId: str) -> Response:
        """Delete its leads that were not changed since, and answer how many."""
        return Response(progress(actions.undo(self.scope, importId)), status=201)


def _uploaded(request: Request) -> tuple[str, bytes]:
    file: Any = request.FILES.get("file")
    if file is None:
        raise BadRequest("No file uploaded")
    if sum(len(files) for _, files in request.FILES.lists()) > 1:
        raise BadRequest("Only one file can be imported at a time")
    if file.size > LARGEST_FILE:
        raise BadRequest("File is larger than 10 MB")
    return str(file.name), file.read()


def _mapping(sent: Mapping[str, object]) -> dict[str, str]:
    """Return the field mapping of a form: JSON text, or members such as `fieldMapping[email]`. Raises BadRequest."""
    try:
        whole = sent.get("fieldMapping") or _bracketed(sent, "fieldMapping")
        return mapping_of(json_value(whole) if isinstance(whole, str) else whole)
    except ValueError:
        raise BadRequest(["fieldMapping must be a JSON object of texts"]) from None


def _asked(request: Request) -> tuple[dict[str, str], Options, Switches]:
    """Return the options of an import's form or query. Raises BadRequest, also for unknown options: a request with a misspelled
    `dryRun` must not import."""
    sent = {**plain_body(request.query_params), **plain_body(request.data)}
    known = {"file", "fieldMapping", *_OPTIONS}
    wrong = [f"property {name} should not exist" for name in sent if name.partition("[")[0] not in known]
    wrong += [f"{name} must be a boolean value" for name in _OPTIONS if _said(sent.get(name)) is None]
    if wrong:
        raise BadRequest(wrong)
    skip, update, dry_run, background = (bool(_said(sent.get(name))) for name in _OPTIONS)
    return _mapping(sent), Options(skip, update), Switches(dry_run, background)


def _bracketed(sent: Mapping[str, object], name: str) -> dict[str, Any]:
    """Return the members of an object that is sent as `name[member]`."""
    prefix = f"{name}["
    return {key[len(prefix) :].rstrip("[]"): value for key, value in sent.items() if key.startswith(prefix)}


def _filters(request: Request) -> dict[str, Any]:
    """Return the filters of an export: JSON text, or members such as `filters[status]`. Raises BadRequest, also for unknown
    parameters: a request with a misspelled filter must not get everything."""
    sent = plain_body(request.query_params)
    unknown = [name for name in sent if name not in _PARAMETERS and not name.startswith("filters[")]
    if unknown:
        raise BadRequest([f"property {name} should not exist" for name in unknown])
    try:
        found = json_value(sent.get("filters", "{}"))
    except (TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest(["filters must be a JSON object"])
    found |= _bracketed(sent, "filters")
    empty = [name for name, value in found.items() if _is_empty(value)]
    if empty:
        raise BadRequest([f"filters[{name}] should not be empty" for name in empty])
    return found


def _is_empty(value: object) -> bool:
    """Whether a filter says nothing, so that it would let everything pass: null, blanks and commas, a list of such."""
    if isinstance(value, list):
        return all(map(_is_empty, value))
    return value is None or not str(value).strip(" ,")


def _fields(request: Request) -> list[str]:
    sent = request.query_params.getlist("fields") or request.query_params.getlist("fields[]")
    named = [name.strip() for text in sent for name in text.split(",") if name.strip()]
    if len(named) > _MOST_FIELDS:
        raise BadRequest([f"fields must contain no more than {_MOST_FIELDS} elements"])
    return named or list(COLUMNS)


def _said(value: object) -> bool | None:
    """Return what an option of a form says: no when it is absent or empty, None when it is neither yes nor no."""
    word = str("" if value is None else value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    return (text.encode() for text in lines)


def _attached(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
