"""The events of leads about a lead."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from core.api.states import state_code
from core.documents.database import Document
from core.documents.ids import text_id
from core.events.outbox import Fact, record_all
from core.events.payloads import LeadSnapshot
from services.leads.leads.documents import LeadDocument


def publish_lead(name: str, lead: LeadDocument, **before: str | None) -> None:
    """Record `lead.<name>`; `before` holds old_status or old_assigned_to where they changed."""
    record_all(f"lead.{name}", [_fact(lead, **before)])


def publish_leads(name: str, leads: Iterable[LeadDocument]) -> None:
    """Record `lead.<name>` of each of `leads`, in one statement."""
    record_all(f"lead.{name}", [_fact(lead) for lead in leads])


def publish_change(before: LeadDocument, after: LeadDocument) -> None:
    """Record what became of a lead: another status, another owner, or something else."""
    publish_changes([(before, after)])


def publish_changes(changes: Iterable[tuple[LeadDocument, LeadDocument]]) -> None:
    """Record what became of each lead, given as it was before and as it is; a statement for each kind of change."""
    facts: dict[str, list[Fact]] = defaultdict(list)
    for before, after in changes:
        name, was = _change(before, after)
        facts[name].append(_fact(after, **was))
    for name, found in facts.items():
        record_all(f"lead.{name}", found)


def _change(before: LeadDocument, after: LeadDocument) -> tuple[str, dict[str, str | None]]:
    if before.get("status") != after.get("status"):
        return "status_changed", {"old_status": before.get("status")}
    if str(before.get("assignedTo")) != str(after.get("assignedTo")):
        return "assigned", {"old_assigned_to": text_id(before.get("assignedTo"))}
    return "updated", {}


def _fact(lead: LeadDocument, **before: str | None) -> Fact:
    payload = snapshot(lead, **before)
    return Fact(payload, payload.id, text_id(lead["tenantId"]), lead["rev"])


def snapshot(lead: LeadDocument, **before: Any) -> LeadSnapshot:
    """Return the event payload of a lead, also of an old document with members missing."""
    contact = _object(lead.get("contactInfo"))
    address, wanted = _object(contact.get("address")), _object(lead.get("propertyPreferences"))
    custom = _object(lead.get("customFields"))
    return LeadSnapshot(
        id=str(lead["_id"]),
        lead_id=str(lead.get("leadId") or lead["_id"]),
        status=str(lead.get("status") or "new"),
        source=str(lead.get("source") or "other"),
        priority=str(lead.get("priority") or "medium"),
        stage_id=text_id(lead.get("stageId")),
        assigned_to=text_id(lead.get("assignedTo")),
        first_name=str(contact.get("firstName") or ""),
        last_name=str(contact.get("lastName") or ""),
        email=contact.get("email"),
        phone=contact.get("phone"),
        city=address.get("city"),
        # Leads of the old system have states by name: matching compares codes.
        state=state_code(address.get("state")) or address.get("state"),
        zip_code=address.get("zipCode"),
        property_types=[str(kind) for kind in wanted.get("propertyType") or []],
        estimated_value=_estimate(lead, wanted),
        min_price=wanted.get("minPrice"),
        max_price=wanted.get("maxPrice"),
        close_value=lead.get("closeValue"),
        commission_amount=lead.get("commissionAmount"),
        condition=_text(custom.get("condition")),
        score=lead.get("score"),
        tags=[str(tag) for tag in lead.get("tags") or []],
        created_at=lead["createdAt"],
        updated_at=lead["updatedAt"],
        actual_close_date=lead.get("actualCloseDate"),
        deleted_at=lead.get("deletedAt"),
        **before,
    )


def _estimate(lead: LeadDocument, wanted: Mapping[str, object]) -> float | None:
    """The lead's value (contract/buyers-rules.md §4.2): flat, else the highest wanted price, else the close value."""
    for value in (lead.get("estimatedValue"), wanted.get("maxPrice"), lead.get("closeValue")):
        if isinstance(value, int | float):
            return float(value)
    return None


def _object(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
