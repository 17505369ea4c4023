"""Routes of communication: bare objects. What the provider says of a message is in the answer, not in its status code."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parsing import plain_body
from core.api.permissions import public
from core.api.views import ContractView
from core.documents.shapes import part_of
from core.errors import BadRequest, Forbidden, NotFound
from services.leads.communication import actions, queries, rules
from services.leads.communication.documents import MessageDocument
from services.leads.communication.providers import provider
from services.leads.communication.serializers import BulkSmsBody, MessageBody, SmsBody, TemplateBody, VoiceBody
from services.leads.leads.api import MANAGERS, MEMBERS

# ruff: noqa: N803 - path names of the contract

_LOGGED = ("_id", "leadId", "userId", "tenantId", "type", "direction", "to", "from", "content", "status", "messageId")
_NOTED = ("cost", "error", "metadata", "createdAt", "updatedAt")
_REPORTED = (("MessageSid", "MessageStatus"), ("SmsSid", "SmsStatus"), ("CallSid", "CallStatus"))


class SendSms(ContractView):
    """A text to a number."""

    access = {"post": MEMBERS}
    bodies = {"post": SmsBody}
    kind, content = rules.SMS, "body"

    def post(self, request: Request) -> Response:
        """Send it, and answer what the provider said."""
        body = self.validated_body()
        sent = actions.send(self.scope, self.kind, body["to"], body["from"], body[self.content], body.get("leadId"))
        return Response(sent, status=201)


class MakeCall(SendSms):
    """A call to a number."""

    bodies = {"post": VoiceBody}
    kind, content = rules.VOICE, "twiml"


class SmsTemplate(ContractView):
    """A template as a text to a lead."""

    access = {"post": MEMBERS}
    bodies = {"post": TemplateBody}
    kind = rules.SMS

    def post(self, request: Request, leadId: str) -> Response:
        """Send it, and answer what the provider said."""
        body = self.validated_body()
        values = _texts(body["variables"])
        return Response(actions.send_template(self.scope, self.kind, leadId, body["templateId"], values), status=201)


class VoiceTemplate(SmsTemplate):
    """A template as a call to a lead."""

    kind = rules.VOICE


class SmsToLead(ContractView):
    """A text to a lead."""

    access = {"post": MEMBERS}
    bodies = {"post": MessageBody}
    kind = rules.SMS

    def post(self, request: Request, leadId: str) -> Response:
        """Send it, and answer what the provider said."""
        content = self.content(self.validated_body()["message"])
        return Response(actions.send_to_lead(self.scope, self.kind, leadId, content), status=201)

    def content(self, message: str) -> str:
        """Return what the provider gets of a message."""
        return message


class CallLead(SmsToLead):
    """A call to a lead that reads a message."""

    kind = rules.VOICE

    def content(self, message: str) -> str:
        """Return the markup that reads it."""
        return rules.spoken(message)


class BulkSms(ContractView):
    """A text to several leads."""

    access = {"post": MANAGERS}
    bodies = {"post": BulkSmsBody}

    def post(self, request: Request) -> Response:
        """Send it to each, and answer the results in their order. A request with the same Idempotency-Key sends nothing again."""
        body = self.validated_body()
        if not body.get("templateId") and not body["message"]:
            raise BadRequest(["message should not be empty"])
        text = actions.text_of(self.scope, body.get("templateId"), body["message"], _texts(body["variables"]))
        key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")[:100] or None
        results = actions.send_to_many(self.scope, body["leadIds"], text, key)
        successful = [one for one in results if one["success"]]
        counts = {"total": len(results), "successful": len(successful), "failed": len(results) - len(successful)}
        summary = {**counts, "totalCost": sum(one.get("cost", 0) for one in successful)}
        answer = {"success": not counts["failed"], "results": results, "summary": summary}
        return Response(answer, status=201)


class Templates(ContractView):
    """The tenant's templates."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer them."""
        names = ("id", "name", "type", "content", "variables", "isActive", "tenantId")
        return Response([{name: one.get(name) for name in names} for one in queries.templates(self.scope)])


class History(ContractView):
    """Messages and calls of a lead."""

    access = {"get": MEMBERS}

    def get(self, request: Request, leadId: str) -> Response:
        """Answer the latest ones, newest first; none for an unknown lead."""
        try:
            lead = queries.lead_to_reach(self.scope, leadId)
        except NotFound:
            lead = None
        found = queries.history(self.scope, lead) if lead else []
        return Response([_log(entry) for entry in found])


class Stats(ContractView):
    """Counters of the tenant's messages and calls."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer them."""
        return Response(queries.statistics(self.scope))


class TwilioStatus(ContractView):
    """Whether there is a provider."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer it, with the account's numbers when they can be had."""
        carrier = provider() if settings.MESSAGE_PROVIDER == "twilio" else None
        return Response({"isConfigured": carrier is not None, "accountInfo": carrier.account() if carrier else None})


class TwilioCallback(ContractView):
    """Where Twilio reports what became of a message; its signature is the access."""

    access = {"post": public()}
    statuses = {"post": 204}

    def post(self, request: Request) -> Response:
        """Note the state."""
        sent = {name: str(value) for name, value in plain_body(request.data).items()}
        url = f"{settings.PUBLIC_URL}{request.get_full_path()}"
        expected = rules.signature(url, sent, settings.TWILIO_AUTH_TOKEN)
        given = request.META.get("HTTP_X_TWILIO_SIGNATURE", "")
        if not settings.TWILIO_AUTH_TOKEN or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Forbidden("Forbidden resource")
        for key, state in _REPORTED:
            if sent.get(key) and sent.get(state):
                actions.note_report(sent[key], sent[state], sent.get("ErrorMessage") or sent.get("ErrorCode"))
                break
        return Response(status=204)


def _texts(variables: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items() if isinstance(value, str | int | float)}


def _log(entry: MessageDocument) -> dict[str, Any]:
    wire = part_of(entry, (*_LOGGED, *_NOTED))
    return {"cost": 0, **wire, "__v": entry.get("__v", 0)}
