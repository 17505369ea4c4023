"""Reads of leads."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache, caches
from redis.exceptions import RedisError

from core.api.pagination import PageRequest
from core.api.searching import address_in, digits_in, spellings
from core.documents.collection import ScopedDocuments, Sort
from core.documents.database import Document
from core.documents.ids import either_form, object_id, uuid_text
from core.documents.scope import TenantScope
from core.errors import BadRequest, NotFound, existing
from services.leads.leads.documents import EMAIL, PHONE, LeadDocument
from services.leads.leads.keys import phone_key
from services.leads.leads.models import LEADS, PAGED_BY, WORDS

_RANGES = {
    "createdAfter": ("createdAt", "$gte"),
    "dateFrom": ("createdAt", "$gte"),
    "createdBefore": ("createdAt", "$lte"),
    "dateTo": ("createdAt", "$lte"),
    "lastContactAfter": ("lastContactDate", "$gte"),
    "lastContactBefore": ("lastContactDate", "$lte"),
    "nextFollowUpAfter": ("nextFollowUpDate", "$gte"),
    "nextFollowUpBefore": ("nextFollowUpDate", "$lte"),
    "minScore": ("score", "$gte"),
    "maxScore": ("score", "$lte"),
}
# Our own additions and what the wire never shows: not worth reading.
_HIDDEN = {"emailKey": 0, "phoneKey": 0, "formSubmissions": 0, "emailOpens": 0, "emailClicks": 0, "smsResponses": 0}
# Totals up to here are exact and fresh. Counting more costs many times the page, so larger ones are remembered: one request in
# thirty seconds counts again, the others take what it found last.
_COUNTED = 10_000
_TOTAL_SECONDS = 30
_REMEMBERED_SECONDS = 600
# More people hardly have the same number; and how many digits one with area code has.
_MOST_NAMED, _NATIONAL = 20, 10
# How long a process goes on with a large total before it asks the shared cache again.
_ASKED_SECONDS = 3


def key_of(lead_id: str) -> Document:
    """Return the filter of a lead by either id: its UUID or its document id. Raises NotFound for anything else."""
    key, uuid = object_id(lead_id), uuid_text(lead_id)
    if key is None and uuid is None:
        raise NotFound("Lead not found")
    return {"_id": key} if key else {"leadId": uuid}


def lead_by_id(scope: TenantScope, lead_id: str) -> LeadDocument:
    """Return a live lead by either id. Raises NotFound."""
    return existing(LEADS.scoped(scope).find_one(key_of(lead_id), _HIDDEN), "Lead not found")


def list_leads(scope: TenantScope, query: dict[str, Any], page: PageRequest) -> tuple[list[LeadDocument], int]:
    """Return a page of the live leads that match all filters, and how many there are."""
    view, first = LEADS.scoped(scope), leads_named(scope, query, _HIDDEN)
    criteria = others_of(scope, query, first)
    order = order_of(query)
    found = page.after(first, lambda skip, limit: view.find(criteria, _HIDDEN, sort=order, skip=skip, limit=limit))
    if page.page == 1 and len(found) < page.limit:
        return found, len(found)
    return found, len(first) + _total(view, criteria)


def leads_named(scope: TenantScope, query: dict[str, Any], projection: Document) -> list[LeadDocument]:
    """Return the leads whose e-mail address or phone number a search is, newest first; they come before what its words find. One
    statement for such a search, none for any other."""
    search = query.get("search") or ""
    address, digits = address_in(search), digits_in(search)
    # Without area code no index leads to a number: such digits are words like others.
    if not address and len(digits or "") < _NATIONAL:
        return []
    filters = criteria_of(scope, {**query, "search": None})
    keys = _address_queries(address, search) if address else _number_queries(str(digits), search)
    found = LEADS.scoped(scope).find_any([{**filters, **key} for key in keys], projection, limit=_MOST_NAMED)
    return sorted(found, key=lambda lead: (lead["createdAt"], lead["_id"]), reverse=True)


def others_of(scope: TenantScope, query: dict[str, Any], first: list[LeadDocument]) -> Document:
    """Return the filter of a checked list query without the leads that it shows `first`."""
    criteria = criteria_of(scope, query)
    return criteria | ({"_id": {"$nin": [lead["_id"] for lead in first]}} if first else {})


def _address_queries(address: str, search: str) -> list[Document]:
    # Leads of the old system have no keys: they are known by their text.
    return [{"emailKey": address}, {EMAIL: {"$in": [address, search.strip()]}}]


def _number_queries(digits: str, search: str) -> list[Document]:
    return [{"phoneKey": phone_key(search)}, {PHONE: {"$in": [search.strip(), *spellings(digits)]}}]


def criteria_of(scope: TenantScope, query: dict[str, Any]) -> Document:
    """Return the filter that a checked list query asks for. Raises BadRequest for a search across all tenants."""
    criteria: Document = {name: query[name] for name in WORDS if query.get(name)}
    if query.get("search"):
        if scope.everywhere:
            raise BadRequest("Choose a tenant with the header X-Tenant-ID to search leads")
        criteria["$text"] = {"$search": query["search"]}
    if query.get("assignedTo"):
        criteria["assignedTo"] = either_form(query["assignedTo"])
    if query.get("tags"):
        criteria["tags"] = {"$in": query["tags"]}
    for name, (field, operator) in _RANGES.items():
        if query.get(name) is not None:
            criteria.setdefault(field, {})[operator] = query[name]
    return criteria


def order_of(query: Mapping[str, object]) -> Sort:
    """Return the order that a checked list query asks for; between equals the id decides, among leads with the same word the
    newer one (both as the indexes have it)."""
    direction = 1 if query["sortOrder"] == "asc" else -1
    field = query["sortBy"] if query["sortBy"] in PAGED_BY else "createdAt"
    if field in WORDS:
        return [(field, direction), ("createdAt", -direction), ("_id", -direction)]
    return [(field, direction), ("_id", direction)]


def _total(view: ScopedDocuments, criteria: Mapping[str, object]) -> int:
    words = json.dumps(view.visible(criteria), default=str, sort_keys=True)
    key = f"leads:total:{hashlib.sha256(words.encode()).hexdigest()}"
    total: int | None = caches["memory"].get(key)
    if total is None:
        total = _shared_total(view, criteria, key)
        if total > _COUNTED:
            caches["memory"].set(key, total, _ASKED_SECONDS)
    return total


def _shared_total(view: ScopedDocuments, criteria: Mapping[str, object], key: str) -> int:
    try:
        remembered: int | None = cache.get(key)
        if remembered is None:
            return _counted(view, criteria, key)
        return _recounted(view, criteria, key) if cache.add(f"{key}:fresh", 1, _TOTAL_SECONDS) else remembered
    except RedisError:
        return view.count(criteria)


def _counted(view: ScopedDocuments, criteria: Mapping[str, object], key: str) -> int:
    counted = view.count(criteria, limit=_COUNTED + 1)
    if counted <= _COUNTED:
        return counted
    cache.add(f"{key}:fresh", 1, _TOTAL_SECONDS)
    return _recounted(view, criteria, key)


def _recounted(view: ScopedDocuments, criteria: Mapping[str, object], key: str) -> int:
    total = view.count(criteria)
    cache.set(key, total, _REMEMBERED_SECONDS if total > _COUNTED else 1)
    return total


_COUNTERS = ("new", "contacted", "qualified", "interested", "negotiating", "closed_won", "closed_lost")
_NAMES = {"closed_won": "closedWonLeads", "closed_lost": "closedLostLeads"}


def lead_stats(scope: TenantScope) -> dict[str, Any]:
    """Return LeadStats. conversionRate is (won + lost) / all, as the old system had it; analytics has the other one."""
    group = {"_id": "$status", "leads": {"$sum": 1}, "scored": {"$sum": {"$cond": [{"$isNumber": "$score"}, 1, 0]}}}
    group |= {"score": {"$sum": "$score"}, "value": {"$sum": "$closeValue"}}
    rows = {row["_id"]: row for row in LEADS.scoped(scope).aggregate([{"$group": group}])}
    total, scored = (sum(row[name] for row in rows.values()) for name in ("leads", "scored"))
    counts = {status: rows.get(status, {}).get("leads", 0) for status in _COUNTERS}
    closed = counts["closed_won"] + counts["closed_lost"]
    return {
        "_id": None,
        "totalLeads": total,
        **{_NAMES.get(status, f"{status}Leads"): count for status, count in counts.items()},
        "averageScore": sum(row["score"] for row in rows.values()) / scored if scored else None,
        "totalValue": sum(row["value"] for row in rows.values()),
        "conversionRate": round(closed / total * 100, 2) if total else 0,
    }
