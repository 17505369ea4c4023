"""Reads of bulk operations, and of the leads that one would be about."""

from collections import Counter
from typing import Any

from core.documents.collection import Projection
from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from services.leads.bulk.documents import OperationDocument
from services.leads.bulk.models import OPERATIONS
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS

_HIDDEN = {"lease": 0, "leaseUntil": 0}


def operation_by_id(scope: TenantScope, operation_id: str) -> OperationDocument | None:
    """Return an operation, or None."""
    return OPERATIONS.scoped(scope).find_one({"operationId": operation_id}, _HIDDEN)


def history(scope: TenantScope, limit: int) -> list[OperationDocument]:
    """Return the latest operations, newest first."""
    return list(OPERATIONS.scoped(scope).find({}, _HIDDEN, sort=[("createdAt", -1), ("_id", -1)], limit=limit))


def leads_by_ids(scope: TenantScope, lead_ids: list[str], projection: Projection = None) -> dict[str, LeadDocument]:
    """Return the live leads with these ids, in either form, by the id that was asked for."""
    keys = [key for text in lead_ids if (key := object_id(text))]
    uuids = [uuid for text in lead_ids if (uuid := uuid_text(text))]
    queries: list[Document] = [{"_id": {"$in": keys}}, {"leadId": {"$in": uuids}}]
    found: dict[str, LeadDocument] = {}
    for lead in LEADS.scoped(scope).find_any(queries, projection):
        found[str(lead["_id"])] = found[str(lead.get("leadId"))] = lead
    named = {text: found.get(str(object_id(text) or uuid_text(text))) for text in lead_ids}
    return {text: lead for text, lead in named.items() if lead}


def counters(scope: TenantScope, lead_ids: list[str]) -> dict[str, Any]:
    """Return BulkStats (contract/leads.yaml) of a set of ids."""
    found = leads_by_ids(scope, lead_ids, {"leadId": 1, "status": 1, "stageId": 1})
    leads = {lead["_id"]: lead for lead in found.values()}.values()
    valid = sum(text in found for text in lead_ids)
    return {
        "totalLeads": len(lead_ids),
        "validLeads": valid,
        "invalidLeads": len(lead_ids) - valid,
        "leadStatuses": Counter(str(lead.get("status")) for lead in leads),
        "leadStages": Counter(str(lead["stageId"]) for lead in leads if lead.get("stageId")),
    }


def checked(scope: TenantScope, lead_ids: list[str]) -> dict[str, Any]:
    """Return BulkIdCheck (contract/leads.yaml): which of the ids are those of live leads."""
    found = leads_by_ids(scope, lead_ids, {"leadId": 1})
    valid, invalid = [text for text in lead_ids if text in found], [text for text in lead_ids if text not in found]
    counts = {"totalIds": len(lead_ids), "validCount": len(valid), "invalidCount": len(invalid)}
    return {"validIds": valid, "invalidIds": invalid, **counts}
