"""Event handlers of analytics: each stores facts, newer revisions win."""

from core.documents.database import Document
from core.documents.scope import TenantScope
from core.events.envelope import Event
from core.events.handlers import handles
from core.events.payloads import LeadSnapshot
from core.events.projections import upsert_newer
from services.analytics.facts.documents import HappeningDocument
from services.analytics.facts.models import BUYERS, HAPPENINGS, LEADS, PEOPLE
from services.analytics.facts.rules import kind_of, stage_of

_LEAD_EVENTS = ("lead.created", "lead.updated", "lead.status_changed", "lead.assigned", "lead.deleted")
_MOMENTS = ("createdAt", "updatedAt", "deletedAt")
_LEAD_MEMBERS = ("leadId", "firstName", "lastName", "email", "phone", "status", "source", "score", "assignedTo")
_TALKS = ("firstContactAt", "outbound", "inbound", "answered")
_TOLD = {"lead.created": "lead_created", "lead.status_changed": "lead_status_changed", "lead.deleted": "lead_deleted"}


@handles(*_LEAD_EVENTS, service="analytics")
def lead_changed(event: Event) -> None:
    """Keep the fact of a lead, and record what happened."""
    if event.tenant_id is None:
        return
    upsert_newer(LEADS, event.entity_id, event.version, _lead_fact(event.payload) | {"tenantId": event.tenant_id})
    if event.name in _TOLD:
        _tell(event, _TOLD[event.name], _lead_message(event.name, event.payload))


@handles("buyer.created", "buyer.updated", "buyer.deleted", service="analytics")
def buyer_changed(event: Event) -> None:
    """Keep the fact of a buyer."""
    if event.tenant_id is None:
        return
    buyer = event.payload
    fact = buyer.members("companyName", "contactName", "email", "buyerType", "isActive", *_MOMENTS)
    upsert_newer(BUYERS, event.entity_id, event.version, {"tenantId": event.tenant_id, **fact})
    if event.name == "buyer.created":
        _tell(event, "buyer_created", f"New buyer: {buyer.company_name}")


@handles("user.created", "user.updated", "user.deleted", service="analytics")
def person_changed(event: Event) -> None:
    """Keep the names of people."""
    person = event.payload
    name = f"{person.first_name} {person.last_name}".strip()
    upsert_newer(PEOPLE, event.entity_id, event.version, {"tenantId": person.tenant_id, "name": name})


@handles("buyer.match.updated", service="analytics")
def match_decided(event: Event) -> None:
    """Record that a user decided about a match."""
    if event.tenant_id is not None:
        _tell(event, "match_updated", f"Match {event.payload.status} with {event.payload.match_score} points")


def _lead_fact(lead: LeadSnapshot) -> Document:
    stage = stage_of(lead.status)
    won = stage == "converted"
    revenue = lead.commission_amount if lead.commission_amount is not None else lead.close_value
    return {
        **lead.members(*_LEAD_MEMBERS, *_TALKS, *_MOMENTS),
        "name": f"{lead.first_name} {lead.last_name}".strip(),
        "stage": stage,
        "kind": kind_of(lead.property_types),
        "value": lead.estimated_value or 0,
        "revenue": (revenue or 0) if won else 0,
        "closedAt": (lead.actual_close_date or lead.updated_at) if won else None,
    }


def _lead_message(name: str, lead: LeadSnapshot) -> str:
    who = f"{lead.first_name} {lead.last_name}".strip() or "A lead"
    if name == "lead.status_changed":
        return f"{who}: {lead.old_status} to {lead.status}"
    return f"New lead: {who}" if name == "lead.created" else f"Lead deleted: {who}"


def _tell(event: Event, kind: str, message: str) -> None:
    happening: HappeningDocument = {
        "_id": event.id,
        "type": kind,
        "message": message,
        "at": event.occurred_at,
        "entityId": event.entity_id,
    }
    HAPPENINGS.scoped(TenantScope(event.tenant_id)).insert_one(happening)
