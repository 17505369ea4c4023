"""Routes of bulk operations: bare objects, answered when the work is done."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parsing import plain_body
from core.api.validation import Body
from core.api.views import ContractView
from core.errors import BadRequest
from services.leads.bulk import actions, queries, rules
from services.leads.bulk.rendering import log, progress, result
from services.leads.bulk.serializers import AssignData, HistoryQuery, NoData, StageData, StatusData
from services.leads.leads import batches
from services.leads.leads import rules as leads
from services.leads.leads.api import MANAGERS
from services.leads.leads.serializers import UpdateLeadBody, UpdateLeadsBody

# ruff: noqa: N803 - path names of the contract

_DATA: dict[str, type[Body]] = {
    rules.UPDATE: UpdateLeadBody,
    rules.DELETE: NoData,
    rules.ASSIGN: AssignData,
    rules.STATUS: StatusData,
    rules.STAGE: StageData,
}


class BulkView(ContractView):
    """A view that does one kind of operation on many leads."""

    access = {"post": MANAGERS}
    kind: ClassVar[str] = ""

    def post(self, request: Request) -> Response:
        """Do it, and answer how it went."""
        body = plain_body(request.data)
        return self.run(self.kind, body, body)

    def run(self, kind: str, body: Mapping[str, object], data: object) -> Response:
        """Do an operation of `kind` with `data`; a fault is one sentence, kept in the history."""
        ids = body.get("leadIds")
        fault = rules.fault_of_ids(ids)
        validator = _DATA[kind](data=data if isinstance(data, dict) else {})
        if not fault and not validator.is_valid():
            fault = ", ".join(validator.errors)
        elif not fault:
            fault = ", ".join(one["message"] for one in leads.faults_of(validator.validated_data, new=False))
        if fault:
            actions.refuse(self.scope, kind, ids, fault)
        return Response(result(actions.run(self.scope, kind, ids, validator.validated_data)), status=201)


class Execute(BulkView):
    """Any operation, by its name."""

    def post(self, request: Request) -> Response:
        """Do it, and answer how it went."""
        body = plain_body(request.data)
        kind, data = body.get("operation"), body.get("data")
        if rules.fault_of_ids(body.get("leadIds")) is None:
            if not kind:
                actions.refuse(self.scope, "", body["leadIds"], "Operation type is required")
            if kind not in rules.KINDS:
                actions.refuse(self.scope, str(kind)[:30], body["leadIds"], f"Invalid operation: {kind}")
            if kind != rules.DELETE and not data:
                actions.refuse(self.scope, str(kind), body["leadIds"], "Data is required for this operation")
        return self.run(kind if kind in rules.KINDS else rules.UPDATE, body, data)


class Update(BulkView):
    """Members of many leads: set by PUT in all or none of them, by POST where it can be."""

    access = {"post": MANAGERS, "put": MANAGERS}
    bodies = {"put": UpdateLeadsBody}

    def post(self, request: Request) -> Response:
        """Set them, and answer how it went."""
        body = plain_body(request.data)
        if rules.fault_of_ids(body.get("leadIds")) is None and not body.get("data"):
            actions.refuse(self.scope, rules.UPDATE, body["leadIds"], "Data is required for this operation")
        return self.run(rules.UPDATE, body, body.get("data"))

    def put(self, request: Request) -> Response:
        """Change all or none; the answer is empty."""
        changes = self.validated_body()
        batches.update_leads(self.scope, changes.pop("leadIds"), changes)
        return Response()


class Delete(BulkView):
    """Soft deletion of many leads."""

    kind = rules.DELETE


class Assign(BulkView):
    """A new owner for many leads."""

    kind = rules.ASSIGN


class ChangeStatus(BulkView):
    """A new status for many leads."""

    kind = rules.STATUS


class ChangeStage(BulkView):
    """A new stage for many leads."""

    kind = rules.STAGE


class Undo(ContractView):
    """Taking an operation back."""

    access = {"post": MANAGERS}

    def post(self, request: Request, operationId: str) -> Response:
        """Undo it for leads that were not changed since, and answer the outcome."""
        return Response(result(actions.undo(self.scope, operationId)), status=201)


class Progress(ContractView):
    """How far an operation is."""

    access = {"get": MANAGERS}

    def get(self, request: Request, operationId: str) -> Response:
        """Answer it; nothing for an unknown id."""
        operation = queries.operation_by_id(self.scope, operationId)
        return Response(progress(operation) if operation else None)


class History(ContractView):
    """The tenant's operations."""

    access = {"get": MANAGERS}
    queries = {"get": HistoryQuery}

    def get(self, request: Request) -> Response:
        """Answer the latest ones, newest first."""
        limit = self.validated_query()["limit"]
        return Response([log(operation) for operation in queries.history(self.scope, limit)])


class Stats(ContractView):
    """Counters over a set of ids."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer how many of the ids are leads, and of which status and stage."""
        return Response(queries.counters(self.scope, _ids(request)))


class Validate(ContractView):
    """Which ids are leads."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer the ids that are, and those that are not."""
        return Response(queries.checked(self.scope, _ids(request)))


def _ids(request: Request) -> list[str]:
    sent = ",".join(request.query_params.getlist("leadIds"))
    if not sent:
        raise BadRequest("leadIds parameter is required")
    ids = [text.strip() for text in sent.split(",") if text.strip()]
    if not ids:
        raise BadRequest("At least one lead ID is required")
    if len(ids) > rules.MOST_LEADS:
        raise BadRequest(rules.TOO_MANY)
    return ids
