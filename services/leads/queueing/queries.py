"""Reads of the queue."""

from datetime import datetime
from typing import Any

from core.api.pagination import PageRequest
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import either_form, object_id
from core.documents.scope import TenantScope
from core.errors import BadRequest, existing
from services.leads.queueing import rules
from services.leads.queueing.bypasses import queues_of_all
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.models import ITEMS

EMPTY = "No pending leads in queue"
_PENDING: Document = {"status": rules.PENDING}
_BATCH = 500


def key_of(item_id: str) -> Document:
    """Return the filter of an item. Raises BadRequest for a malformed id."""
    key = object_id(item_id)
    if key is None:
        raise BadRequest(["id must be a mongodb id"])
    return {"_id": key}


def item_by_id(scope: TenantScope, item_id: str) -> ItemDocument:
    """Return an item. Raises NotFound, BadRequest for a malformed id."""
    return existing(ITEMS.scoped(scope).find_one(key_of(item_id)), "Lead not found in queue")


def open_item(scope: TenantScope, lead_id: str) -> ItemDocument | None:
    """Return the open item of a lead, given its document id, or None."""
    return ITEMS.scoped(scope).find_one({"leadId": lead_id, "open": True})


def is_waiting(scope: TenantScope, lead_id: str) -> bool:
    """Whether a lead waits in the queue, perhaps by an item of the old system."""
    return ITEMS.scoped(scope).exists({"leadId": either_form(lead_id), **_PENDING})


def expired_items() -> list[ItemDocument]:
    """Return items of all tenants whose lease is over."""
    over = {"open": True, "expiresAt": {"$lte": now()}}
    return list(queues_of_all().find(over, sort=[("expiresAt", 1)], limit=_BATCH))


def first_items(scope: TenantScope, limit: int) -> list[ItemDocument]:
    """Return the items that are next, in their order, with what a claim needs."""
    shown = {"leadId": 1, "priority": 1, "status": 1}
    return list(ITEMS.scoped(scope).find(_PENDING, shown, sort=rules.ORDER, limit=limit))


def next_item(scope: TenantScope) -> ItemDocument:
    """Return the item that is next. Raises NotFound when nothing is pending."""
    return existing(ITEMS.scoped(scope).find_one(_PENDING, sort=rules.ORDER), EMPTY)


def list_items(scope: TenantScope, page: PageRequest) -> tuple[list[ItemDocument], int]:
    """Return a page of the items of any status, and how many there are."""
    view = ITEMS.scoped(scope)
    found = list(view.find({}, sort=rules.ORDER, skip=page.skip, limit=page.limit))
    total = len(found) if page.page == 1 and len(found) < page.limit else view.count({})
    return found, total


def counters(moment: datetime) -> list[Document]:
    """Return the stages that count items and their waiting time in milliseconds, by status and priority."""
    key = {"status": "$status", "priority": "$priority"}
    waited = {"$sum": {"$subtract": [moment, "$createdAt"]}}
    return [{"$group": {"_id": key, "items": {"$sum": 1}, "waited": waited}}]


def statistics(scope: TenantScope) -> dict[str, Any]:
    """Return the counters of the queue (contract/leads.yaml, QueueStatsEnvelope)."""
    rows = list(ITEMS.scoped(scope).aggregate(counters(now())))
    by_status = {status: [row for row in rows if row["_id"].get("status") == status] for status in rules.STATUSES}
    pending = sum(row["items"] for row in by_status[rules.PENDING])
    waited = sum(row["waited"] or 0 for row in by_status[rules.PENDING])
    priorities: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row["_id"].get("priority") or 0):
        name = str(row["_id"].get("priority"))
        priorities[name] = priorities.get(name, 0) + row["items"]
    return {
        "totalItems": sum(row["items"] for row in rows),
        "pendingItems": pending,
        "assignedItems": sum(row["items"] for row in by_status[rules.ASSIGNED]),
        "averageWaitTime": waited / pending / 60_000 if pending else 0,
        "priorityDistribution": priorities,
    }
