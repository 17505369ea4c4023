"""Routes of import and export."""

import time
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import BadRequest
from core.api.parsing import json_value, plain_body
from core.api.views import ContractView
from core.events.jobs import enqueue
from core.sheets import LARGEST_FILE
from services.leads.leads.api import MANAGERS, MEMBERS
from services.leads.leads.serializers import LeadQuery
from services.leads.transfer import actions, columns, queries
from services.leads.transfer.parts import Options
from services.leads.transfer.rendering import progress, result
from services.leads.transfer.tasks import go_on
from services.leads.transfer.writing import lead_lines, line

# ruff: noqa: N803 - path names of the contract

_CSV = "text/csv; charset=utf-8"
_MOST_FIELDS, _MOST_SHOWN = 100, 100


class Import(ContractView):
    """Leads from a file."""

    access = {"post": MANAGERS}

    def post(self, request: Request) -> Response:
        """Import it, and answer how it went; `background=true` answers 202 at once with the import's id."""
        name, content = _uploaded(request)
        sent = plain_body(request.data)
        try:
            mapping = columns.mapping_of(_mapping(sent))
        except ValueError:
            raise BadRequest(["fieldMapping must be a JSON object of texts"]) from None
        options = Options(_yes(sent.get("skipDuplicates")), _yes(sent.get("updateExisting")))
        background = _yes(request.query_params.get("background") or sent.get("background"))
        run = actions.start_import(self.scope, name, content, mapping, options, background=background)
        if background:
            enqueue(go_on, str(run["_id"]))
            return Response(progress(run), status=202)
        run = actions.go_on(self.scope, run)
        found = queries.problems(self.scope, run["importId"], limit=queries.SHOWN_PROBLEMS)
        return Response(result(run, found), status=201)


class Validate(ContractView):
    """A look at a file."""

    access = {"post": MANAGERS}

    def post(self, request: Request) -> Response:
        """Answer what the file lacks; nothing is stored."""
        return Response(actions.check(*_uploaded(request)), status=201)


class Template(ContractView):
    """An empty file."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> HttpResponse:
        """Answer the header line."""
        body = ",".join(columns.COLUMNS.values())
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
        sent = request.query_params.get("filters") or "{}"
        try:
            found = json_value(sent)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BadRequest(["filters must be a JSON object"])
        validator = LeadQuery(data={name: value for name, value in found.items() if value not in ("", None)})
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
        return Response(progress(queries.import_by_id(self.scope, importId)))


class ImportReport(ContractView):
    """The rows that could not be taken."""

    access = {"get": MANAGERS}

    def get(self, request: Request, importId: str) -> Any:
        """Answer them as a file: to mend, and to import again."""
        run = queries.import_by_id(self.scope, importId)
        keys = [key for key in run.get("keys", []) if key]
        name = f"{importId}_report.csv"
        return _attached(StreamingHttpResponse(_encoded(self._lines(importId, keys)), content_type=_CSV), name)

    def _lines(self, import_id: str, keys: list[str]) -> Iterator[str]:
        yield line(["row", "kind", "message", *keys])
        for problem in queries.problems(self.scope, import_id):
            values = dict(problem["value"])
            yield line([problem["row"], problem["kind"], problem["message"], *(values.get(key, "") for key in keys)])


class UndoImport(ContractView):
    """Taking an import back."""

    access = {"post": MANAGERS}

    def post(self, request: Request, importId: str) -> Response:
        """Delete its leads that nobody touched since, and answer how many."""
        return Response(progress(actions.undo(self.scope, importId)), status=201)


def _uploaded(request: Request) -> tuple[str, bytes]:
    file: Any = request.FILES.get("file")
    if file is None:
        raise BadRequest("No file uploaded")
    if file.size > LARGEST_FILE:
        raise BadRequest("File is larger than 10 MB")
    return str(file.name), file.read()


def _mapping(sent: dict[str, Any]) -> Any:
    """Return the field mapping of a form: JSON text, or members such as `fieldMapping[email]`. Raises ValueError."""
    prefix = "fieldMapping["
    members = {name[len(prefix) : -1]: value for name, value in sent.items() if name.startswith(prefix)}
    whole = sent.get("fieldMapping") or members
    return json_value(whole) if isinstance(whole, str) else whole


def _fields(request: Request) -> list[str]:
    sent = request.query_params.getlist("fields") or request.query_params.getlist("fields[]")
    named = [name.strip() for text in sent for name in text.split(",") if name.strip()]
    if len(named) > _MOST_FIELDS:
        raise BadRequest([f"fields must contain no more than {_MOST_FIELDS} elements"])
    return named or list(columns.COLUMNS)


def _yes(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1", "yes", "on")


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    return (text.encode() for text in lines)


def _attached(response: Any, name: str) -> Any:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
