"""Buyers scored against what leads offer, at once and without being stored (contract/buyers-rules.md §4.1)."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.api.states import state_code
from core.documents.scope import TenantScope
from core.errors import existing
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.queries import buyer_by_id
from services.buyers.matching import rules
from services.buyers.matching.actions import CANDIDATES, buyers_for, open_leads
from services.buyers.matching.documents import LeadDocument
from services.buyers.matching.models import LEADS
from services.buyers.matching.queries import lead_key

BEST = 20
# Leads that are compared with all candidates: the newest. Every one costs a query by index for its buyers.
_PROPERTIES = 200
# What is not known of a lead's property: asked for it, none has it.
_UNKNOWN = ("bedrooms", "bathrooms", "minSquareFootage", "maxSquareFootage")


@dataclass(frozen=True, slots=True)
class Pair:
    """A buyer, a lead's property, and how they fit."""

    buyer: BuyerDocument
    lead: LeadDocument
    score: rules.Score


def best_pairs(scope: TenantScope, criteria: Mapping[str, Any]) -> list[Pair]:
    """Return the best pairs of active buyers, or the one that is named, and open leads that meet the criteria. Raises NotFound
    for a buyer that is not there."""
    named = buyer_by_id(scope, criteria["buyerId"]) if criteria.get("buyerId") else None
    leads = [lead for lead in open_leads(scope, CANDIDATES if named else _PROPERTIES) if _meets(lead, criteria)]
    pairs = (
        Pair(buyer, lead, rules.score(buyer, lead))
        for lead in leads
        for buyer in ([named] if named else _buyers(scope, lead))
    )
    return _best(pairs)


def best_buyers(scope: TenantScope, lead_id: str) -> list[tuple[BuyerDocument, rules.Score]]:
    """Return the best active buyers for a lead, by either id. Raises NotFound."""
    lead = existing(
        LEADS.scoped(scope).find_one({"_id": lead_key(scope, lead_id), "deletedAt": None}), "Lead not found"
    )
    pairs = _best(Pair(buyer, lead, rules.score(buyer, lead)) for buyer in _buyers(scope, lead))
    return [(pair.buyer, pair.score) for pair in pairs]


def rendered(pair: Pair, buyer_wire: Mapping[str, object]) -> dict[str, Any]:
    """Return PropertyMatch (contract/buyers.yaml); the score from 0 to 1."""
    lead, share = pair.lead, min(1, pair.score.total / 100)
    return {
        "buyer": buyer_wire,
        "property": {
            "id": lead["_id"],
            "address": "",
            "city": lead.get("city") or "",
            "state": lead.get("state") or "",
            "zipCode": lead.get("zipCode") or "",
            "propertyType": _kind(lead),
            "price": lead.get("estimatedValue") or 0,
            "condition": lead.get("condition") or "fair",
            "features": [],
            "isAvailable": True,
        },
        "matchScore": share,
        "matchReasons": list(pair.score.details),
        "estimatedInterest": "high" if share >= 0.7 else "medium" if share >= 0.4 else "low",
    }


def _best(pairs: Iterable[Pair]) -> list[Pair]:
    kept = (pair for pair in pairs if rules.is_pair(pair.score))
    return heapq.nsmallest(BEST, kept, key=lambda pair: -pair.score.total)


def _buyers(scope: TenantScope, lead: LeadDocument) -> Iterable[BuyerDocument]:
    return BUYERS.scoped(scope).find({"isActive": True, **buyers_for(lead)}, limit=CANDIDATES)


def _meets(lead: LeadDocument, criteria: Mapping[str, Any]) -> bool:
    price, state = lead.get("estimatedValue") or 0, criteria.get("state")
    return (
        not any(criteria.get(name) for name in _UNKNOWN)
        and criteria.get("propertyType") in (None, "", _kind(lead), *(lead.get("propertyTypes") or [])[:1])
        and (not criteria.get("minPrice") or price >= criteria["minPrice"])
        and (not criteria.get("maxPrice") or price <= criteria["maxPrice"])
        and (criteria.get("city") or "").lower() in (lead.get("city") or "").lower()
        and (not state or (state_code(state) or state).lower() == (lead.get("state") or "").lower())
        and criteria.get("condition") in (None, lead.get("condition"))
    )


def _kind(lead: LeadDocument) -> str:
    return rules.family((lead.get("propertyTypes") or [""])[0])
