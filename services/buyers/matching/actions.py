"""Use cases of matching: match a lead with the buyers, a buyer with the leads, and people's decisions."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.errors import existing
from core.events.outbox import record
from core.events.payloads import MatchUpdated
from services.buyers.buyers import history
from services.buyers.buyers.models import BUYERS
from services.buyers.matching import rules
from services.buyers.matching.documents import LeadDocument, MatchDocument
from services.buyers.matching.models import LEADS, MATCHES
from services.buyers.matching.queries import match_by_id

# Agents do not call more buyers for one lead, nor offer more leads to one buyer.
BEST_PER_LEAD, BEST_PER_BUYER = 100, 200
# How many candidates are examined; the newest leads first, the rest when they change.
CANDIDATES = 5_000
_BUYER_FIELDS = {
    "preferredPropertyTypes": 1,
    "investmentRange": 1,
    "city": 1,
    "state": 1,
    "buyBox": 1,
    "notes": 1,
}
_CLOSED = ("closed_won", "closed_lost", "inactive")


def match_lead(scope: TenantScope, lead: LeadDocument) -> int:
    """Bring the matches of one lead up to date, inside the caller's transaction; return how many there are."""
    scored = []
    if lead.get("deletedAt") is None and lead.get("status") not in _CLOSED:
        buyers = BUYERS.scoped(scope).find({"isActive": True, **buyers_for(lead)}, _BUYER_FIELDS, limit=CANDIDATES)
        scored = [(buyer["_id"], lead["_id"], rules.score(buyer, lead)) for buyer in buyers]
    return _store(scope, {"leadId": lead["_id"]}, scored, BEST_PER_LEAD)


def match_buyer(scope: TenantScope, buyer_id: str) -> int:
    """Bring the matches of one buyer up to date, inside the caller's transaction; return how many there are."""
    key = object_id(buyer_id)
    buyer = BUYERS.scoped(scope).find_one({"_id": key})
    scored = []
    if buyer is not None and buyer.get("isActive", True):
        scored = [(key, lead["_id"], rules.score(buyer, lead)) for lead in open_leads(scope, CANDIDATES)]
    return _store(scope, {"buyerId": key}, scored, BEST_PER_BUYER)


@transactional("buyers")
def generate(scope: TenantScope, buyer_ids: list[str], lead_ids: list[str]) -> None:
    """Match the named buyers and leads again; without names, the tenant's newest leads."""
    for buyer_id in buyer_ids:
        match_buyer(scope, buyer_id)
    chosen: Document = {"_id": {"$in": lead_ids}} if lead_ids else {}
    if lead_ids or not buyer_ids:
        for lead in list(LEADS.scoped(scope).find(chosen, sort=[("createdAt", -1)], limit=BEST_PER_LEAD)):
            match_lead(scope, lead)


@transactional("buyers")
def decide(scope: TenantScope, match_id: str, changes: Mapping[str, object]) -> MatchDocument:
    """Record a person's decision about a match: status, score or note. Raises NotFound."""
    match = match_by_id(scope, match_id)
    override = {"isManualOverride": True} if "matchScore" in changes else {}
    update = {"$set": {**changes, **override, "updatedBy": object_id(scope.actor_id)}}
    stored = existing(MATCHES.scoped(scope).update_and_get({"_id": match["_id"]}, update), "Match not found")
    payload = MatchUpdated(
        id=str(stored["_id"]),
        buyer_id=str(stored["buyerId"]),
        lead_id=stored["leadId"],
        match_score=stored["matchScore"],
        status=stored["status"],
    )
    tenant_id = stored["tenantId"]
    record("buyer.match.updated", payload, entity_id=payload.id, version=stored["rev"], tenant_id=tenant_id)
    told = {name: {"from": match.get(name), "to": stored.get(name)} for name in changes}
    history.note(scope, "match_status_changed", stored["buyerId"], {**told, "leadId": stored["leadId"]})
    return stored


def open_leads(scope: TenantScope, most: int) -> Iterator[LeadDocument]:
    """Iterate over the leads that can still be offered, the newest first."""
    live = {"deletedAt": None, "status": {"$nin": list(_CLOSED)}}
    return LEADS.scoped(scope).find(live, sort=[("createdAt", -1)], limit=most)


def buyers_for(lead: LeadDocument) -> Document:
    """Return the filter of the buyers that can be told at all: by type or by place. Price alone never suffices."""
    kinds = list(lead.get("propertyTypes") or [])[:1]
    either: list[Document] = [{"preferredPropertyTypes": {"$in": kinds + [rules.family(kind) for kind in kinds]}}]
    state, city = str(lead.get("state") or "").upper(), lead.get("city")
    if state:
        either += [{"state": state}, {"buyBox.states": state}]
    if city:
        either.append({"buyBox.cities": city})
    if lead.get("zipCode"):
        either.append({"buyBox.zipCodes": str(lead["zipCode"])[:5]})
    return {"$or": either}


def _store(
    scope: TenantScope, subject: Mapping[str, object], scored: list[tuple[Any, str, rules.Score]], most: int
) -> int:
    best = sorted((entry for entry in scored if entry[2].total > rules.THRESHOLD), key=lambda entry: -entry[2].total)[
        :most
    ]
    view = MATCHES.scoped(scope)
    other = "buyerId" if "leadId" in subject else "leadId"
    kept = [entry[0] if other == "buyerId" else entry[1] for entry in best]
    # Decisions of people outlive a match that the rules no longer see.
    view.delete_many({**subject, other: {"$nin": kept}, "status": "pending", "isManualOverride": False})
    view.upsert_each([({"buyerId": buyer, "leadId": lead}, _computed(found)) for buyer, lead, found in best])
    return len(best)


def _computed(found: rules.Score) -> Document:
    """The members of a match from the findings; status and a manual score are kept."""
    return {
        "matchScore": {"$cond": [{"$eq": ["$isManualOverride", True]}, "$matchScore", found.total]},
        "scoreBreakdown": {"$literal": found.breakdown},
        "matchReason": found.reason,
        "matchReasons": {"$literal": list(found.details)},
        "status": {"$ifNull": ["$status", "pending"]},
        "isManualOverride": {"$ifNull": ["$isManualOverride", False]},
    }
