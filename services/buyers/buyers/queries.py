"""Reads of buyers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from core.api.pagination import PageRequest
from core.api.searching import address_in, digits_in, digits_pattern
from core.api.states import state_code
from core.documents.collection import Sort
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.errors import existing
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.places import Place, covers
from services.buyers.buyers.rules import BUYER_TYPES, MIDPOINTS, RANGES

# The bare array has no paging on the wire; beyond this a client must page.
_MOST = 5_000
_SEARCHED = ("companyName", "contactName", "email", "phone")
_SEARCHED_WIDELY = ("companyName", "contactName", "email", "city", "state", "notes")
_MONTHS = 12
# The whole list as one page; and more people hardly have the same number.
_EVERYTHING, _MOST_NAMED = PageRequest(1, _MOST), 20


def buyer_by_id(scope: TenantScope, buyer_id: str, *, deleted: bool = False) -> BuyerDocument:
    """Return a live buyer, or with `deleted` also one that is not. Raises NotFound."""
    key, view = object_id(buyer_id), BUYERS.scoped(scope)
    found = (view.with_deleted() if deleted else view).find_one({"_id": key}) if key else None
    return existing(found, "Buyer not found")


def buyers_by_ids(scope: TenantScope, buyer_ids: Sequence[str]) -> dict[str, BuyerDocument]:
    """Return those of the named buyers that live, by the ids as they were sent."""
    keys = {text: key for text in buyer_ids if (key := object_id(text))}
    found = {buyer["_id"]: buyer for buyer in BUYERS.scoped(scope).find({"_id": {"$in": list(keys.values())}})}
    return {text: found[key] for text, key in keys.items() if key in found}


def buyers_at(scope: TenantScope, place: Place) -> list[BuyerDocument]:
    """Return the active buyers who buy at a place, newest first; the newest 5,000 at most."""
    either: list[Document] = []
    if place.zip_code:
        either.append({"$or": [{"buyBox.zipCodes": place.zip_code}, {"zipCode": place.zip_code}]})
    if place.state:
        either.append({"$or": [{"buyBox.states": place.state}, {"state": _same(place.state)}]})
    criteria: Document = {"isActive": True, **({"$and": either} if either else {})}
    found = BUYERS.scoped(scope).find(criteria, sort=[("createdAt", -1), ("_id", -1)])
    return list(islice((buyer for buyer in found if covers(buyer, place)), _MOST))


def exported_buyers(scope: TenantScope, criteria: Document) -> Iterator[BuyerDocument]:
    """Yield the buyers that match, newest first, as they are read."""
    return BUYERS.scoped(scope).find(criteria, sort=[("createdAt", -1), ("_id", -1)])


def count_buyers(scope: TenantScope, criteria: Document) -> int:
    """Return how many buyers match."""
    return BUYERS.scoped(scope).count(criteria)


def export_criteria(filters: Mapping[str, object], *, inactive: bool) -> Document:
    """Return the filter of an export; members of another type than the contract's filter nothing, as before."""
    criteria: Document = {
        name: filters[name] for name in ("buyerType", "investmentRange") if isinstance(filters.get(name), str)
    }
    if isinstance(filters.get("city"), str):
        criteria["city"] = _contains(str(filters["city"]))
    if isinstance(filters.get("state"), str):
        criteria["state"] = _state(str(filters["state"]), whole=True)
    if isinstance(filters.get("isActive"), bool):
        criteria["isActive"] = filters["isActive"]
    return criteria if inactive else {**criteria, "isActive": True}


def list_buyers(scope: TenantScope, query: dict[str, Any], page: PageRequest | None) -> tuple[list[BuyerDocument], int]:
    """Return the buyers that match all filters, newest first: a page, or all of them, and how many there are."""
    words = _Words(query.get("search") or "", _SEARCHED)
    return _found(scope, _filters(query), words, [("createdAt", -1), ("_id", -1)], page or _EVERYTHING)


def search_buyers(scope: TenantScope, query: dict[str, Any], page: PageRequest) -> tuple[list[BuyerDocument], int]:
    """Return a page of the buyers that match, by company name, and how many there are."""
    criteria: Document = {name: query[name] for name in ("buyerType", "investmentRange") if query.get(name)}
    if query.get("city"):
        criteria["city"] = _same(query["city"])
    if query.get("state"):
        criteria["state"] = _state(query["state"], whole=True)
    if query.get("isActive") in ("true", "false"):
        criteria["isActive"] = query["isActive"] == "true"
    if query.get("preferredPropertyTypes"):
        criteria["preferredPropertyTypes"] = {"$in": query["preferredPropertyTypes"]}
    words = _Words(query.get("query") or "", _SEARCHED_WIDELY)
    return _found(scope, criteria, words, [("companyName", 1), ("_id", 1)], page)


class _Words(NamedTuple):
    """What is searched for, and where."""

    text: str
    fields: Sequence[str]

    @property
    def person(self) -> Document | None:
        """The filter of the buyers whose e-mail address or phone number the text is; None for other words."""
        address, digits = address_in(self.text), digits_in(self.text)
        if address:
            return {"emailKey": address}
        return {"phone": {"$regex": digits_pattern(digits)}} if digits else None

    @property
    def anywhere(self) -> Document:
        """The filter of the buyers in whom the text occurs."""
        return {"$or": [{name: _contains(self.text)} for name in self.fields]} if self.text else {}


def _found(
    scope: TenantScope, filters: Mapping[str, object], words: _Words, order: Sort, page: PageRequest
) -> tuple[list[BuyerDocument], int]:
    """Return a page of the buyers that match, first those whom the words name, the others in `order`; and how many there are."""
    view, person = BUYERS.scoped(scope), words.person
    # By phone: then MongoDB looks for the digits in that index, and fetches only who has them.
    by_phone = [("phone", 1)]
    first = list(view.find({"$and": [filters, person]}, sort=by_phone, limit=_MOST_NAMED)) if person else []
    criteria = {"$and": [filters, words.anywhere, {"_id": {"$nin": [buyer["_id"] for buyer in first]}}]}
    found = page.after(first, lambda skip, limit: view.find(criteria, sort=order, skip=skip, limit=limit))
    if page.page == 1 and len(found) < page.limit:
        return found, len(found)
    return found, len(first) + view.count(criteria)


def _filters(query: dict[str, Any]) -> Document:
    criteria: Document = {
        name: query[name] for name in ("buyerType", "investmentRange") if query.get(name) not in (None, "all")
    }
    if query.get("isActive") in ("true", "false"):
        criteria["isActive"] = query["isActive"] == "true"
    if query.get("city"):
        criteria["city"] = _contains(query["city"])
    if query.get("state"):
        criteria["state"] = _state(query["state"], whole=False)
    if query.get("locations"):
        places = [*query["locations"], *filter(None, map(state_code, query["locations"]))]
        criteria["$or"] = [{f"buyBox.{name}": {"$in": places}} for name in ("cities", "states", "zipCodes")]
    if query.get("property_types"):
        criteria["preferredPropertyTypes"] = {"$in": query["property_types"]}
    if "price_range_min" in query or "price_range_max" in query:
        ranges = _overlapping(query.get("price_range_min", 0), query.get("price_range_max"))
        criteria.setdefault("investmentRange", {"$in": ranges})
    return criteria


def _overlapping(lowest: float, highest: float | None) -> list[str]:
    bounds = [0, 50_000, 100_000, 250_000, 500_000, float("inf")]
    top = float("inf") if highest is None else highest
    return [name for index, name in enumerate(RANGES) if bounds[index] <= top and bounds[index + 1] >= lowest]


def _contains(text: str) -> Document:
    return {"$regex": re.escape(text), "$options": "i"}


def _state(text: str, *, whole: bool) -> Document:
    """Return the filter of a state by code or name; and of other texts that were stored, `whole` or as a part of them."""
    code = state_code(text)
    stored = re.compile(f"^{re.escape(text)}$" if whole else re.escape(text), re.IGNORECASE)
    return {"$in": [stored, *([code] if code else [])]}


def _same(text: str) -> Document:
    return {"$regex": f"^{re.escape(text)}$", "$options": "i"}


def buyer_stats(scope: TenantScope, moment: datetime) -> dict[str, Any]:
    """Return BuyerStats at `moment`, in one round trip."""
    facets = {
        "active": [{"$group": {"_id": "$isActive", "count": {"$sum": 1}}}],
        "types": [{"$group": {"_id": "$buyerType", "count": {"$sum": 1}}}],
        "ranges": [{"$group": {"_id": "$investmentRange", "count": {"$sum": 1}}}],
        "cities": [_count_by({"city": "$city", "state": "$state"}), {"$sort": {"count": -1, "_id": 1}}, {"$limit": 5}],
        "states": [_count_by("$state"), {"$sort": {"count": -1, "_id": 1}}, {"$limit": 5}],
        "kinds": [
            {"$unwind": "$preferredPropertyTypes"},
            _count_by("$preferredPropertyTypes"),
            {"$sort": {"count": -1, "_id": 1}},
            {"$limit": 10},
        ],
        "months": [_count_by({"$dateToString": {"format": "%Y-%m", "date": "$createdAt"}})],
        "recent": [
            {"$group": {"_id": None, **{f"last{days}Days": _newer(moment, days) for days in (7, 30, 90)}}},
        ],
    }
    found = next(iter(BUYERS.scoped(scope).aggregate([{"$facet": facets}])))
    return _stats(found, moment)


def _stats(found: Document, moment: datetime) -> dict[str, Any]:
    counts = {
        name: {row["_id"]: row["count"] for row in found[name]} for name in ("active", "types", "ranges", "months")
    }
    total, active = sum(counts["active"].values()), counts["active"].get(True, 0)
    ranges = {name: counts["ranges"].get(name, 0) for name in RANGES}
    known = sum(ranges.values())
    recent = found["recent"][0] if found["recent"] else {}
    return {
        "totalBuyers": total,
        "activeBuyers": active,
        "inactiveBuyers": total - active,
        "buyerTypeDistribution": {name: counts["types"].get(name, 0) for name in BUYER_TYPES},
        "investmentRangeDistribution": ranges,
        "topCities": [{**row["_id"], "count": row["count"]} for row in found["cities"] if row["_id"].get("city")],
        "topStates": [{"state": row["_id"], "count": row["count"]} for row in found["states"] if row["_id"]],
        "preferredPropertyTypes": [{"type": row["_id"], "count": row["count"]} for row in found["kinds"]],
        "monthlyGrowth": _growth(counts["months"], moment),
        "averageBuyerValue": sum(MIDPOINTS[name] * count for name, count in ranges.items()) / known if known else 0,
        "recentActivity": {f"last{days}Days": recent.get(f"last{days}Days", 0) for days in (7, 30, 90)},
    }


def buyer_analytics(scope: TenantScope, time_range: str, moment: datetime) -> dict[str, Any]:
    """Return BuyerAnalytics: the counters, and how many buyers are new within the range."""
    days = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}[time_range]
    recent = BUYERS.scoped(scope).count({"createdAt": {"$gte": moment - timedelta(days=days)}})
    found = buyer_stats(scope, moment)
    total = found["totalBuyers"]
    return {
        "timeRange": time_range,
        **{name: found[name] for name in ("totalBuyers", "activeBuyers", "inactiveBuyers")},
        "buyerTypes": found["buyerTypeDistribution"],
        "investmentRanges": found["investmentRangeDistribution"],
        "propertyPreferences": {row["type"]: row["count"] for row in found["preferredPropertyTypes"]},
        "recentBuyers": recent,
        "growthRate": round(recent / total * 100, 1) if total else 0,
    }


def _growth(months: dict[str, int], moment: datetime) -> list[dict[str, Any]]:
    """Buyers there were at each of the last twelve month ends (contract/buyers-rules.md §7)."""
    grown = []
    for back in range(_MONTHS - 1, -1, -1):
        index = moment.year * 12 + moment.month - 1 - back
        label = datetime(index // 12, index % 12 + 1, 1)
        count = sum(number for month, number in months.items() if month and month <= label.strftime("%Y-%m"))
        grown.append({"month": label.strftime("%b %Y"), "count": count})
    return grown


def _count_by(key: object) -> Document:
    return {"$group": {"_id": key, "count": {"$sum": 1}}}


def _newer(moment: datetime, days: int) -> Document:
    return {"$sum": {"$cond": [{"$gte": ["$createdAt", moment - timedelta(days=days)]}, 1, 0]}}
