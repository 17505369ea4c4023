"""Routes of lead records: bare objects."""

import re
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.permissions import roles
from core.api.views import ContractView
from core.errors import BadRequest
from services.leads.leads import actions, batches, queries
from services.leads.leads.documents import LeadDocument
from services.leads.leads.rendering import lead
from services.leads.leads.serializers import CreateLeadBody, CreateLeadsBody, LeadQuery, UpdateLeadBody

# `agent` stands for every member: agent, user, acquisitions, dispositions (leads-rules §3).
MEMBERS = roles("admin", "manager", "agent")
MANAGERS = roles("admin", "manager")
_REVISION = re.compile("[0-9]{1,18}")


class Leads(ContractView):
    """The tenant's leads."""

    access = {"get": MEMBERS, "post": MEMBERS}
    queries = {"get": LeadQuery}
    bodies = {"post": CreateLeadBody}

    def get(self, request: Request) -> Response:
        """Answer a page of the leads that match all filters."""
        query = self.validated_query()
        page = page_of(query, default_limit=10)
        found, total = queries.list_leads(self.scope, query, page)
        return Response({"leads": [lead(document) for document in found], **page.flat(total)})

    def post(self, request: Request) -> Response:
        """Create a lead."""
        return _answer(actions.create_lead(self.scope, self.validated_body()), 201)


class LeadStats(ContractView):
    """Counters of the tenant's leads."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(queries.lead_stats(self.scope))


class LeadDetail(ContractView):
    """One lead, by its UUID or its document id."""

    access = {"get": MEMBERS, "put": MEMBERS, "delete": MANAGERS}
    bodies = {"put": UpdateLeadBody}
    statuses = {"delete": 204}

    def get(self, request: Request, leadId: str) -> Response:  # noqa: N803 - path name of the contract
        """Answer the lead, with its revision as ETag."""
        return _answer(queries.lead_by_id(self.scope, leadId))

    def put(self, request: Request, leadId: str) -> Response:  # noqa: N803
        """Change the lead; with If-Match only if it was not changed since."""
        body = self.validated_body()
        return _answer(actions.update_lead(self.scope, leadId, body, revision=_wanted_revision(request)))

    def delete(self, request: Request, leadId: str) -> Response:  # noqa: N803
        """Delete the lead softly."""
        actions.delete_lead(self.scope, leadId)
        return Response(status=204)


class BulkCreate(ContractView):
    """Several new leads."""

    access = {"post": MANAGERS}
    bodies = {"post": CreateLeadsBody}

    def post(self, request: Request) -> Response:
        """Create all or none, and answer them in their order."""
        created = batches.create_leads(self.scope, self.validated_body()["leads"])
        return Response([lead(document) for document in created], status=201)


def _answer(document: LeadDocument, status: int = 200) -> Response:
    headers: dict[str, Any] = {"ETag": f'"{document.get("rev", 0)}"'}
    return Response(lead(document), status=status, headers=headers)


def _wanted_revision(request: Request) -> int | None:
    value = request.META.get("HTTP_IF_MATCH", "").strip().removeprefix("W/").strip('"')
    if value in ("", "*"):
        return None
    if not _REVISION.fullmatch(value):
        raise BadRequest("If-Match must be the ETag of a lead")
    return int(value)
