"""Reads of communication."""

from typing import Any

from core.documents.database import Document
from core.documents.ids import either_form
from core.documents.scope import TenantScope
from services.leads.communication import rules
from services.leads.communication.documents import MessageDocument, TemplateDocument
from services.leads.communication.models import LOGS, TEMPLATES
from services.leads.leads.documents import PHONE, LeadDocument
from services.leads.leads.keys import phone_key
from services.leads.leads.models import LEADS
from services.leads.leads.queries import key_of

_SHOWN = 50
_WANTED = {"leadId": 1, "tenantId": 1, "contactInfo": 1, "customFields": 1, "tags": 1}


def lead_to_reach(scope: TenantScope, lead_id: str) -> LeadDocument | None:
    """Return what a message needs of a live lead, by either id; None when there is none. Raises NotFound for no id."""
    return LEADS.scoped(scope).find_one(key_of(lead_id), _WANTED)


def leads_with_number(scope: TenantScope, number: str) -> list[LeadDocument]:
    """Return the live leads that have this number."""
    queries: list[Document] = [{"phoneKey": phone_key(number)}, {PHONE: number}]
    return list(LEADS.scoped(scope).find_any(queries, _WANTED, limit=10))


def templates(scope: TenantScope) -> list[TemplateDocument]:
    """Return the tenant's templates: its own, and the general ones that it has not replaced."""
    own = {one["id"]: one for one in TEMPLATES.scoped(scope).find({}, sort=[("name", 1)])}
    general = [one for one in rules.TEMPLATES if one["id"] not in own]
    return [{**one, "tenantId": scope.tenant_id or ""} for one in (*general, *own.values())]


def template_by_id(scope: TenantScope, template_id: str | None) -> TemplateDocument | None:
    """Return an active template, or None."""
    return next((one for one in templates(scope) if one["id"] == template_id and one.get("isActive")), None)


def history(scope: TenantScope, lead: LeadDocument) -> list[MessageDocument]:
    """Return the latest messages and calls of a lead, newest first."""
    ids = either_form(str(lead["_id"]))
    return list(LOGS.scoped(scope).find({"leadId": ids}, sort=[("createdAt", -1), ("_id", -1)], limit=_SHOWN))


def statistics(scope: TenantScope) -> dict[str, Any]:
    """Return CommunicationStats (contract/leads.yaml) of what we sent."""
    group = {"_id": {"type": "$type", "status": "$status"}, "entries": {"$sum": 1}, "cost": {"$sum": "$cost"}}
    stages: list[Document] = [{"$match": {"direction": "outbound", "type": {"$in": [*rules.KINDS]}}}, {"$group": group}]
    rows = list(LOGS.scoped(scope).aggregate(stages))
    counts = {kind: sum(row["entries"] for row in rows if row["_id"]["type"] == kind) for kind in rules.KINDS}
    arrived = sum(row["entries"] for row in rows if row["_id"]["status"] in (rules.SENT, rules.DELIVERED))
    total = sum(counts.values())
    return {
        "totalSms": counts[rules.SMS],
        "totalVoice": counts[rules.VOICE],
        "totalCost": sum(row["cost"] or 0 for row in rows),
        "successRate": arrived / total * 100 if total else 0,
    }
