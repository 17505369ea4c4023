"""Reads of matches."""

from collections.abc import Mapping
from typing import Any

from core.api.pagination import PageRequest
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.errors import existing
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.models import BUYERS
from services.buyers.matching.documents import LeadDocument, MatchDocument
from services.buyers.matching.models import LEADS, MATCHES
from services.buyers.matching.rules import quality

# The bare array has no paging on the wire.
_MOST = 1_000
_BANDS = {"high": {"$gte": 90}, "medium": {"$gte": 70, "$lt": 90}, "low": {"$lt": 70}}

Joined = tuple[MatchDocument, BuyerDocument, LeadDocument]


def match_by_id(scope: TenantScope, match_id: str) -> MatchDocument:
    """Return a match. Raises NotFound."""
    key = object_id(match_id)
    return existing(MATCHES.scoped(scope).find_one({"_id": key}) if key else None, "Match not found")


def list_matches(scope: TenantScope, query: dict[str, Any], page: PageRequest | None) -> tuple[list[Joined], int]:
    """Return the matches that fit all filters, best first, each with its buyer and lead, and how many there are."""
    view, criteria = MATCHES.scoped(scope), _criteria(scope, query)
    order = [("matchScore", -1), ("_id", -1)]
    if page is None:
        found = list(view.find(criteria, sort=order, limit=_MOST))
        return joined(scope, found), len(found)
    found = list(view.find(criteria, sort=order, skip=page.skip, limit=page.limit))
    return joined(scope, found), view.count(criteria)


def joined(scope: TenantScope, matches: list[MatchDocument]) -> list[Joined]:
    """Return matches with their buyers and leads: two reads, whatever their number. Matches of buyers that are gone
    are left out."""
    buyer_ids, lead_ids = {match["buyerId"] for match in matches}, {match["leadId"] for match in matches}
    buyers = {buyer["_id"]: buyer for buyer in BUYERS.scoped(scope).find({"_id": {"$in": list(buyer_ids)}})}
    leads = {lead["_id"]: lead for lead in LEADS.scoped(scope).find({"_id": {"$in": list(lead_ids)}})}
    return [
        (match, buyers[match["buyerId"]], leads[match["leadId"]])
        for match in matches
        if match["buyerId"] in buyers and match["leadId"] in leads
    ]


def match_stats(scope: TenantScope) -> dict[str, Any]:
    """Return MatchStats."""
    group = {"_id": {"status": "$status", "high": {"$gte": ["$matchScore", 90]}}, "count": {"$sum": 1}}
    rows = list(MATCHES.scoped(scope).aggregate([{"$group": {**group, "points": {"$sum": "$matchScore"}}}]))
    total = sum(row["count"] for row in rows)
    by_status = {
        status: sum(row["count"] for row in rows if row["_id"]["status"] == status)
        for status in ("pending", "accepted", "rejected", "contacted")
    }
    return {
        "totalMatches": total,
        "highQuality": sum(row["count"] for row in rows if row["_id"]["high"]),
        **by_status,
        "averageScore": round(sum(row["points"] for row in rows) / total, 1) if total else 0,
    }


def rendered(match: Joined, buyer_wire: Mapping[str, object]) -> dict[str, Any]:
    """Return BuyerLeadMatch (contract/buyers.yaml)."""
    stored, _, lead = match
    return {
        "id": stored["_id"],
        "_id": stored["_id"],
        "buyer": buyer_wire,
        "lead": {
            "id": lead["_id"],
            "leadId": lead.get("leadId"),
            "firstName": lead.get("firstName") or "",
            "lastName": lead.get("lastName") or "",
            "email": lead.get("email") or "",
            "propertyType": (lead.get("propertyTypes") or [""])[0],
            "estimatedValue": lead.get("estimatedValue") or 0,
            "city": lead.get("city") or "",
            "state": lead.get("state") or "",
        },
        "matchScore": stored["matchScore"],
        "quality": quality(stored["matchScore"]),
        "matchReason": stored["matchReason"],
        "matchReasons": stored.get("matchReasons") or [],
        "scoreBreakdown": stored.get("scoreBreakdown") or {},
        "status": stored["status"],
        "isManualOverride": bool(stored.get("isManualOverride")),
        "createdAt": stored["createdAt"],
        "updatedAt": stored["updatedAt"],
    }


def _criteria(scope: TenantScope, query: dict[str, Any]) -> Document:
    criteria: Document = {}
    if query.get("status") not in (None, "all"):
        criteria["status"] = query["status"]
    if query.get("quality") in _BANDS:
        criteria["matchScore"] = dict(_BANDS[query["quality"]])
    if query.get("minScore") is not None:
        criteria["$and"] = [{"matchScore": {"$gte": query["minScore"]}}]
    if query.get("buyerId"):
        criteria["buyerId"] = object_id(query["buyerId"])
    if query.get("leadId"):
        criteria["leadId"] = lead_key(scope, query["leadId"])
    return criteria


def lead_key(scope: TenantScope, lead_id: str) -> str:
    """Return the document id of a lead that is named by either of its ids."""
    if object_id(lead_id):
        return lead_id
    found = LEADS.scoped(scope).find_one({"leadId": lead_id}, {"_id": 1})
    return str(found["_id"]) if found else lead_id
