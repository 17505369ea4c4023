"""Use cases of communication: store, hand over to the provider, note the outcome.

An entry is stored before the provider is called, and updated once afterwards: a process killed in between leaves an entry
that stays queued, and is never handed over again.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.errors import BadRequest, NotFound
from services.leads.communication import rules
from services.leads.communication.bypasses import messages_of_all
from services.leads.communication.documents import MessageDocument
from services.leads.communication.models import LOGS
from services.leads.communication.providers import ProviderRefused, Sent, provider
from services.leads.communication.queries import lead_to_reach, leads_with_number, template_by_id
from services.leads.leads.actions import activity
from services.leads.leads.documents import LeadDocument
from services.leads.leads.keys import phone_key
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_change, publish_lead

NOT_CONFIGURED = "Twilio not configured"
CALLBACK = "/api/leads/communication/twilio/callback"
_AT_ONCE = 8
# Twilio's number for trying out (https://www.twilio.com/docs/iam/test-credentials).
_TEST_NUMBER = "+15005550006"

Result = dict[str, Any]


def send(scope: TenantScope, kind: str, to: str, sender: str, content: str, lead_id: str | None) -> Result:
    """Send a text or call to a number. Raises BadRequest without a provider, or for a lead that is not there; anything that keeps
    the message from being sent afterwards is told in the result. sender: counts when it is one of our numbers."""
    lead = _reachable(scope, lead_id) if lead_id else None
    _needs_provider()
    return _deliver(scope, kind, to, content, lead, wanted_sender=sender)


def send_to_lead(scope: TenantScope, kind: str, lead_id: str, content: str) -> Result:
    """Send a text or call to a lead's number. Raises BadRequest as `send`, and for a lead without a number."""
    lead = _with_number(scope, lead_id)
    _needs_provider()
    return _deliver(scope, kind, lead["contactInfo"]["phone"], content, lead)


def send_template(
    scope: TenantScope, kind: str, lead_id: str, template_id: str, variables: Mapping[str, str]
) -> Result:
    """Send a template to a lead; what `variables` lack comes from the lead's contact. Raises BadRequest as `send_to_lead`, for an
    unknown template, and for placeholders that nothing fills."""
    lead = _with_number(scope, lead_id)
    content = _content(scope, lead, template_id, variables)
    _needs_provider()
    return _deliver(scope, kind, lead["contactInfo"]["phone"], content, lead)


def send_to_many(
    scope: TenantScope, lead_ids: list[str], text: Callable[[LeadDocument], str], key: str | None
) -> list[Result]:
    """Send a text to several leads and return the results in their order. key: of the request; the same request sent again
    sends nothing again."""

    def one(lead_id: str) -> Result:
        try:
            lead = _with_number(scope, lead_id)
        except BadRequest:
            return _failed("Lead not found or has no phone number")
        try:
            content = text(lead)
            _needs_provider()
            mark = f"{key}:{lead['_id']}" if key else None
            return _deliver(scope, rules.SMS, lead["contactInfo"]["phone"], content, lead, key=mark)
        except BadRequest as problem:
            return _failed(str(problem.message))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, lead_ids))


def text_of(
    scope: TenantScope, template_id: str | None, message: str, variables: Mapping[str, str]
) -> Callable[[LeadDocument], str]:
    """Return what makes the text for a lead: of the template when one is named, else `message`."""
    return lambda lead: _content(scope, lead, template_id, variables) if template_id else message


def note_report(message_id: str, provider_state: str, error: str | None) -> bool:
    """Note what the provider reports of a message; a late report takes nothing back. Return whether anything was noted."""
    state = rules.state_of(provider_state)
    known = {"messageId": message_id, "status": {"$in": list(rules.EARLIER[state])}}
    change: MessageDocument = {"status": state}
    if error and state == rules.FAILED:
        change["error"] = error
    return messages_of_all().update_one(known, sets=change)


def _deliver(
    scope: TenantScope,
    kind: str,
    number: str,
    content: str,
    lead: LeadDocument | None,
    *,
    wanted_sender: str | None = None,
    key: str | None = None,
) -> Result:
    to = rules.dialable(number)
    if to is None:
        return _failed(rules.BAD_NUMBER)
    if any(rules.refuses(known, kind) for known in ([lead] if lead else []) + leads_with_number(scope, to)):
        return _failed(rules.NO_CONSENT)
    try:
        entry = _write_down(scope, kind, to, _sender(wanted_sender), content, lead, key)
    except DuplicateKeyError:
        return _result_of(LOGS.scoped(scope).find_one({"idempotencyKey": key}) or {})
    return _hand_over(scope, entry, lead)


def _sender(wanted: str | None) -> str:
    """Return the wanted number if it is ours, else our first one: front ends have numbers written into them, and no tenant may
    send in another's name. When we have no numbers, the provider decides about the wanted one."""
    own = {phone_key(number): number for number in settings.TWILIO_PHONE_NUMBERS}
    first = next(iter(own.values()), None)
    return own.get(phone_key(wanted)) or first or rules.dialable(wanted) or _TEST_NUMBER


def _write_down(
    scope: TenantScope, kind: str, to: str, sender: str, content: str, lead: LeadDocument | None, key: str | None
) -> MessageDocument:
    entry: MessageDocument = {"type": kind, "direction": "outbound", "to": to, "from": sender, "content": content}
    entry |= {"cost": 0, "status": rules.QUEUED}
    if scope.actor_id is not None:
        entry["userId"] = scope.actor_id
    if lead:
        entry["leadId"] = lead["_id"]
    if key is not None:
        entry["idempotencyKey"] = key
    return LOGS.scoped(scope.for_tenant(lead["tenantId"]) if lead else scope).insert_one(entry)


def _hand_over(scope: TenantScope, entry: MessageDocument, lead: LeadDocument | None) -> Result:
    carrier = provider()
    assert carrier is not None
    callback = f"{settings.PUBLIC_URL}{CALLBACK}"
    try:
        sent = carrier.send(entry["type"], entry["to"], entry["from"], entry["content"], callback)
    except ProviderRefused as refusal:
        _note_refusal(scope, entry, refusal, lead)
        return _failed(str(refusal))
    _note_sent(scope, entry, sent, lead)
    return {"success": True, "messageId": sent.message_id, "status": sent.status, "cost": sent.cost}


@transactional("leads")
def _note_refusal(
    scope: TenantScope, entry: MessageDocument, refusal: ProviderRefused, lead: LeadDocument | None
) -> None:
    LOGS.scoped(scope).update_one({"_id": entry["_id"]}, sets={"status": rules.FAILED, "error": str(refusal)})
    if refusal.opted_out and lead:
        opted_out = LEADS.scoped(scope).update_and_get({"_id": lead["_id"]}, {"$set": {"customFields.doNotText": True}})
        if opted_out:
            publish_lead("updated", opted_out)


@transactional("leads")
def _note_sent(scope: TenantScope, entry: MessageDocument, sent: Sent, lead: LeadDocument | None) -> None:
    noted: MessageDocument = {"status": rules.state_of(sent.status), "messageId": sent.message_id, "cost": sent.cost}
    LOGS.scoped(scope).update_one({"_id": entry["_id"]}, sets=noted)
    if lead is None:
        return
    view, moment = LEADS.scoped(scope), now()
    before = view.find_one({"_id": lead["_id"]})
    if before is None:
        return
    word = {rules.SMS: "sms", rules.VOICE: "call"}[entry["type"]]
    told = {"type": word, "direction": "outbound", "content": entry["content"], "timestamp": moment}
    told |= {"outcome": "other", "followUpRequired": False}
    done = activity("communication", f"Outbound {word}", scope)
    change = {"$set": {"lastContactDate": moment}, "$push": {"communicationHistory": told, "activities": done}}
    after = view.update_and_get({"_id": lead["_id"]}, change)
    assert after is not None
    publish_change(before, after)


def _reachable(scope: TenantScope, lead_id: str) -> LeadDocument:
    try:
        lead = lead_to_reach(scope, lead_id)
    except NotFound:
        lead = None
    if lead is None:
        raise BadRequest("Lead not found")
    return lead


def _with_number(scope: TenantScope, lead_id: str) -> LeadDocument:
    lead = _reachable(scope, lead_id)
    contact = lead.get("contactInfo")
    if not isinstance(contact, dict) or not contact.get("phone"):
        raise BadRequest("Lead has no phone number")
    return lead


def _content(scope: TenantScope, lead: LeadDocument, template_id: str | None, variables: Mapping[str, str]) -> str:
    template = template_by_id(scope.for_tenant(lead["tenantId"]), template_id)
    if template is None:
        raise BadRequest("Template not found")
    contact = {name: value for name, value in lead["contactInfo"].items() if isinstance(value, str)}
    ours = {"phoneNumber": next(iter(settings.TWILIO_PHONE_NUMBERS), "")}
    text, missing = rules.filled(template, {**contact, **ours, **variables})
    if missing:
        raise BadRequest(f"Missing variables: {', '.join(missing)}")
    return text


def _needs_provider() -> None:
    if provider() is None:
        raise BadRequest(NOT_CONFIGURED)


def _result_of(entry: MessageDocument) -> Result:
    if entry.get("status") == rules.FAILED:
        return _failed(str(entry.get("error") or "Not sent"))
    found = {"messageId": entry.get("messageId"), "status": entry.get("status"), "cost": entry.get("cost")}
    return {"success": True, **{name: value for name, value in found.items() if value is not None}}


def _failed(why: str) -> Result:
    return {"success": False, "error": why}
