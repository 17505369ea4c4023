"""Counting facts: one pass over a tenant's leads gives rows from which every figure follows."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from core.documents.database import Document
from core.documents.scope import TenantScope
from services.analytics.dashboards.windows import Month, Window, month_start
from services.analytics.facts.documents import BuyerFactDocument, HappeningDocument, LeadFactDocument
from services.analytics.facts.models import BUYERS, HAPPENINGS, LEADS, PEOPLE

# A change must be on the dashboard within five seconds of its write; events take most of one.
CACHE_SECONDS = 2
# The lists in AnalyticsData hold personal data: the newest ones only (contract/analytics-rules.md §10).
LISTED = 1_000
_RECENT = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the figures; None means everything."""

    stage: str | None = None
    kind: str | None = None
    buyer_type: str | None = None
    member: str | None = None

    @property
    def of_leads(self) -> Document:
        """The filter of lead facts."""
        wanted = {"stage": self.stage, "kind": self.kind, "assignedTo": self.member}
        return {name: value for name, value in wanted.items() if value}

    @property
    def of_buyers(self) -> Document:
        """The filter of buyer facts."""
        return {"buyerType": self.buyer_type} if self.buyer_type else {}


# Of the leads in a row: how many were contacted and how many of those answered, the messages and calls either way, and how many
# of them have a first contact, with the hours until it. Facts of an earlier release have none of these.
_FIRST: Document = {"$gt": ["$firstContactAt", None]}
_TALKS: Document = {
    "contacted": {"$sum": {"$cond": [{"$gt": ["$outbound", 0]}, 1, 0]}},
    "answered": {"$sum": {"$cond": [{"$eq": ["$answered", True]}, 1, 0]}},
    "outbound": {"$sum": "$outbound"},
    "inbound": {"$sum": "$inbound"},
    "responses": {"$sum": {"$cond": [_FIRST, 1, 0]}},
    "hours": {
        "$sum": {"$cond": [_FIRST, {"$divide": [{"$subtract": ["$firstContactAt", "$createdAt"]}, 3_600_000]}, 0]}
    },
}


def cached(scope: TenantScope, name: str, key: object, compute: Callable[[], Any]) -> Any:
    """Return `compute()`, or what it was within the last two seconds for the same tenant and question."""
    words = json.dumps([scope.tenant_id, scope.everywhere, name, key], default=str)
    address = f"analytics:{hashlib.sha256(words.encode()).hexdigest()}"
    try:
        found = cache.get(address)
        if found is None:
            found = compute()
            cache.set(address, found, CACHE_SECONDS)
        return found
    except RedisError:
        return compute()


def lead_rows(scope: TenantScope, filters: Filters, asked: Window) -> list[dict[str, Any]]:
    """Count the live leads by stage, kind, member, month and window (`current`, `previous`, `other`)."""
    bucket = _bucket("$createdAt", asked)
    group = {
        "_id": {
            "stage": "$stage",
            "kind": "$kind",
            "member": "$assignedTo",
            "month": {"$dateToString": {"format": "%Y-%m", "date": "$createdAt"}},
            "bucket": bucket,
        },
        "leads": {"$sum": 1},
        "value": {"$sum": "$value"},
        **_TALKS,
    }
    pipeline: list[Document] = [{"$match": filters.of_leads}, {"$group": group}]
    return [_row(found) for found in LEADS.scoped(scope).aggregate(pipeline)]


def status_counts(scope: TenantScope, asked: Window | None = None) -> dict[str, int]:
    """Count the live leads by their status, of those created in the window when one is given."""
    match: Document = {"createdAt": {"$gt": asked.start, "$lte": asked.end}} if asked else {}
    pipeline: list[Document] = [{"$match": match}, {"$group": {"_id": "$status", "leads": {"$sum": 1}}}]
    return {found["_id"]: found["leads"] for found in LEADS.scoped(scope).aggregate(pipeline)}


def revenue_rows(scope: TenantScope, filters: Filters, asked: Window, since: Month) -> list[dict[str, Any]]:
    """Sum the revenue of converted leads by member, month of closing and window, from the month `since` on."""
    earliest = min(month_start(since), asked.before)
    match = {**filters.of_leads, "closedAt": {"$gte": earliest}}
    key = {
        "member": "$assignedTo",
        "month": {"$dateToString": {"format": "%Y-%m", "date": "$closedAt"}},
        "bucket": _bucket("$closedAt", asked),
    }
    group = {"_id": key, "revenue": {"$sum": "$revenue"}}
    return [_row(found) for found in LEADS.scoped(scope).aggregate([{"$match": match}, {"$group": group}])]


def buyer_rows(scope: TenantScope, filters: Filters, asked: Window) -> list[dict[str, Any]]:
    """Count the live buyers by type, activity and window of creation."""
    key = {"type": "$buyerType", "active": "$isActive", "bucket": _bucket("$createdAt", asked)}
    pipeline: list[Document] = [{"$match": filters.of_buyers}, {"$group": {"_id": key, "buyers": {"$sum": 1}}}]
    return [{**found["_id"], "buyers": found["buyers"]} for found in BUYERS.scoped(scope).aggregate(pipeline)]


@dataclass(frozen=True, slots=True)
class Leads:
    """The leads of a window, newest first, read as they are needed."""

    scope: TenantScope
    match: Document

    def __iter__(self) -> Iterator[LeadFactDocument]:
        return iter(LEADS.scoped(self.scope).find(self.match, sort=[("createdAt", -1)]))

    def count(self) -> int:
        """Return how many they are."""
        return LEADS.scoped(self.scope).count(self.match)


def leads_of(scope: TenantScope, filters: Filters, asked: Window) -> Leads:
    """Return all leads of the window."""
    return Leads(scope, {**filters.of_leads, "createdAt": {"$gt": asked.start, "$lte": asked.end}})


def newest_leads(scope: TenantScope, filters: Filters, asked: Window) -> list[LeadFactDocument]:
    """Return the newest leads of the window."""
    match = {**filters.of_leads, "createdAt": {"$gt": asked.start, "$lte": asked.end}}
    return list(LEADS.scoped(scope).find(match, sort=[("createdAt", -1)], limit=LISTED))


def newest_buyers(scope: TenantScope, filters: Filters) -> list[BuyerFactDocument]:
    """Return the newest buyers."""
    return list(BUYERS.scoped(scope).find(filters.of_buyers, sort=[("createdAt", -1)], limit=LISTED))


def recent_happenings(scope: TenantScope) -> list[HappeningDocument]:
    """Return what happened last."""
    return list(HAPPENINGS.scoped(scope).find({}, sort=[("at", -1)], limit=_RECENT))


def names_of(scope: TenantScope, members: set[str]) -> dict[str, str]:
    """Return the names of people, by id."""
    found = PEOPLE.scoped(scope).find({"_id": {"$in": sorted(members)}}, {"name": 1})
    return {person["_id"]: person["name"] for person in found}


def key_of(filters: Filters, asked: Window) -> list[Any]:
    """Return what distinguishes one query from another: the filters, and the window to the second."""
    return [asdict(filters), *(moment.replace(microsecond=0) for moment in (asked.start, asked.end))]


def _bucket(field: str, asked: Window) -> Document:
    return {
        "$switch": {
            "branches": [
                {"case": _between(field, asked.start, asked.end), "then": "current"},
                {"case": _between(field, asked.before, asked.start), "then": "previous"},
            ],
            "default": "other",
        }
    }


def _between(field: str, start: datetime, end: datetime) -> Document:
    return {"$and": [{"$gt": [field, start]}, {"$lte": [field, end]}]}


def _row(found: Document) -> dict[str, Any]:
    year, month = found["_id"].pop("month").split("-")
    figures = {name: value for name, value in found.items() if name != "_id"}
    return {"stage": None, "kind": None, "member": None, **found["_id"], **figures, "month": (int(year), int(month))}
