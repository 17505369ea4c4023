"""`POST /internal/dry-run`: what a write that the old system has answered would be here. For the gateway's agent alone."""

import base64
from typing import Any

from bson import json_util
from django.http import HttpResponse
from rest_framework.request import Request

from core.api.permissions import internal
from core.api.views import InternalView
from core.dryrun import ownership, signing
from core.dryrun.refusals import refusal
from core.dryrun.requests import OPTIONS, read
from core.dryrun.trial import Outcome, Unjudged, tried
from core.dryrun.watching import MOST_DOCUMENTS, Stored
from core.errors import BadRequest
from core.events.exporting import exported

_TOLD = ("name", "entityId", "entityVersion", "tenantId", "payload")


class DryRun(InternalView):
    """A write tried. It answers extended JSON: {answer: {status, headers, body (base64)}, stored: [{collection, _id, document,
    exported}], events: [{name, entityId, entityVersion, tenantId, payload}], milliseconds}, or {unjudged: a few words}.

    stored: documents that would be there, null where one would be gone; exported: what an event must tell of it, null when nobody
    keeps copies."""

    access = {"post": internal()}
    authentication_classes = []

    def post(self, request: Request) -> HttpResponse:
        """Try it; nothing of it stays."""
        body = request._request.body
        signing.check(request.headers.get(signing.HEADER, ""), body)
        write = read(body)
        service, route = write.target
        why = refusal(write.method, route)
        if why:
            return _answered({"unjudged": f"effects outside: {why}"})
        if len(write.befores) > MOST_DOCUMENTS:
            raise BadRequest(f"A dry run puts back {MOST_DOCUMENTS} documents at most")
        scope = write.scope
        # Whose token opens nothing here is refused whatever is stored.
        befores = write.befores if scope else ()
        if scope:
            ownership.check(service, scope, befores)
        try:
            return _answered(_told(tried(service, befores, write.answer)))
        except Unjudged as doubt:
            return _answered({"unjudged": str(doubt)})


def _told(outcome: Outcome) -> dict[str, Any]:
    if not isinstance(outcome.answer, HttpResponse):
        raise Unjudged("a streamed answer")
    answer = {
        "status": outcome.answer.status_code,
        "headers": {name.lower(): value for name, value in outcome.answer.items()},
        "body": base64.b64encode(outcome.answer.content).decode(),
    }
    stored = [
        {"collection": name, "_id": key, "document": document, "exported": _exported(name, document)}
        for name, key, document in outcome.stored
    ]
    events = [{name: event[name] for name in _TOLD} for event in outcome.events]
    return {"answer": answer, "stored": stored, "events": events, "milliseconds": round(outcome.seconds * 1000, 3)}


def _exported(collection: str, document: Stored | None) -> dict[str, Any] | None:
    return exported(collection, document) if document is not None else None


def _answered(told: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json_util.dumps(told, json_options=OPTIONS), content_type="application/json")
