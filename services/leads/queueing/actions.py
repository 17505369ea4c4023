"""Use cases of the queue: put in, take out, hand over, hand back.

An item is taken by one statement that works only while the item is pending, so two agents never get the same one. A lease
returns an item whose holder no longer renews it, for example because a process was killed.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import either_form, object_id, text_id
from core.documents.scope import TenantScope
from core.documents.uniqueness import unique_or
from core.errors import Conflict, NotFound, existing
from services.leads.leads.bypasses import leads_of_all
from services.leads.leads.queries import lead_by_id
from services.leads.queueing import rules
from services.leads.queueing.bypasses import queues_of_all
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.models import ITEMS
from services.leads.queueing.queries import first_items, is_waiting, item_by_id, key_of

_QUEUED = "Lead is already in queue"
_HELD = ("agentId", "assignedAt", "assignedBy", "expiresAt", "assignmentId")
_HOMELESS: Document = {"tenantId": {"$exists": False}}
_BATCH = 500


def add(scope: TenantScope, lead_id: str, priority: float) -> ItemDocument:
    """Put a lead into the queue. Raises NotFound; Conflict for one that is in it, or that an agent got from it."""
    lead = lead_by_id(scope, lead_id)
    inside, key = scope.for_tenant(lead["tenantId"]), str(lead["_id"])
    if is_waiting(inside, key):
        raise Conflict(_QUEUED)
    item: ItemDocument = {"leadId": key, "priority": priority, "status": rules.PENDING, "tags": [], "open": True}
    with unique_or(Conflict, _QUEUED):
        return ITEMS.scoped(inside).insert_one(item)


def set_priority(scope: TenantScope, item_id: str, priority: float) -> ItemDocument:
    """Change how urgent an item is. Raises NotFound."""
    return existing(
        ITEMS.scoped(scope).update_and_get(key_of(item_id), sets={"priority": priority}), "Lead not found in queue"
    )


def remove(scope: TenantScope, item_id: str) -> None:
    """Delete an item for good. Raises NotFound."""
    if not ITEMS.scoped(scope).delete_many(key_of(item_id)):
        raise NotFound("Lead not found in queue")


def clean_up(scope: TenantScope, hours: int) -> int:
    """Delete the pending items that are older than `hours`; return how many there were."""
    old = {"status": rules.PENDING, "createdAt": {"$lt": now() - timedelta(hours=hours)}}
    return ITEMS.scoped(scope).delete_many(old)


def take(scope: TenantScope, item: ItemDocument, agent_id: str, **more: object) -> ItemDocument | None:
    """Take a pending item for an agent and return it; None when another agent was faster. Raises DuplicateKeyError when
    another item of the same lead is open: the old system's queue may hold a lead many times."""
    given = {"status": rules.ASSIGNED, "agentId": agent_id, "assignedAt": now(), "assignedBy": scope.actor_id, **more}
    change = {"$set": {**given, "leadId": str(item["leadId"]), "open": True}}
    return ITEMS.scoped(scope).update_and_get({"_id": item["_id"], "status": rules.PENDING}, change)


def claim(scope: TenantScope, agent_id: str) -> ItemDocument | None:
    """Take the next item for an agent, for the time of a lease, and return it; None when nothing is pending.

    The very first one, or, once another agent was faster, any of the first ones: measured, many claimers finish three times as
    fast. One statement, outside of any transaction: a killed claimer blocks no other."""
    window = 1
    while items := first_items(scope, window):
        taken = _take_for_a_while(scope, rules.one_of(items), agent_id)
        if taken is not None:
            return taken
        window = rules.WINDOW
    return None


def _take_for_a_while(scope: TenantScope, item: ItemDocument, agent_id: str) -> ItemDocument | None:
    try:
        return take(scope, item, agent_id, expiresAt=now() + rules.LEASE)
    except DuplicateKeyError:
        cancel(scope, item, "The lead was queued twice")
        return None


def bind(scope: TenantScope, item: ItemDocument, assignment_id: str) -> ItemDocument | None:
    """Note the assignment of an item that was taken, and return it; None when it is not as it was taken any more."""
    return ITEMS.scoped(scope).update_and_get(_as_taken(item), sets={"assignmentId": assignment_id})


def hand_over(scope: TenantScope, lead_id: str, agent_id: str, assignment_id: str) -> ItemDocument | None:
    """Let the item of a lead follow an assignment that was made without the queue, and return it; None when the lead is not
    in the queue."""
    given = {"agentId": agent_id, "assignedAt": now(), "assignedBy": scope.actor_id, "assignmentId": assignment_id}
    fields = {"status": rules.ASSIGNED, "leadId": lead_id, "open": True, **given}
    change, view = {"$set": fields, "$unset": {"expiresAt": ""}}, ITEMS.scoped(scope)
    waiting = {"leadId": either_form(lead_id), "status": rules.PENDING}
    return view.update_and_get({"leadId": lead_id, "open": True}, change) or view.update_and_get(waiting, change)


def keep(scope: TenantScope, item: ItemDocument) -> None:
    """Let the holder of an item have it for good."""
    ITEMS.scoped(scope).update_one(_as_taken(item), {"$unset": {"expiresAt": ""}})


def renew(scope: TenantScope, item_id: str) -> ItemDocument:
    """Renew the lease of the caller's item. Raises NotFound; Conflict when it has expired or is another agent's."""
    item = item_by_id(scope, item_id)
    held = {"_id": item["_id"], "status": rules.ASSIGNED, "agentId": scope.actor_id, "expiresAt": {"$ne": None}}
    renewed = ITEMS.scoped(scope).update_and_get(held, sets={"expiresAt": now() + rules.LEASE})
    if renewed is None:
        raise Conflict("You have no lease of this lead")
    return renewed


def give_back(scope: TenantScope, item: ItemDocument) -> ItemDocument | None:
    """Put an assigned item back to its place in the queue; None when it is not as it was read any more."""
    change = {"$set": {"status": rules.PENDING}, "$unset": dict.fromkeys(_HELD, "")}
    return ITEMS.scoped(scope).update_and_get({**_as_taken(item), "expiresAt": item.get("expiresAt")}, change)


def _as_taken(item: ItemDocument) -> Document:
    return {"_id": item["_id"], "status": rules.ASSIGNED, "agentId": item["agentId"], "assignedAt": item["assignedAt"]}


def complete(scope: TenantScope, item: ItemDocument) -> None:
    """Note that the lead of an item is dealt with; it may be queued again."""
    done = {"$set": {"status": rules.COMPLETED, "completedAt": now()}, "$unset": {"open": "", "expiresAt": ""}}
    ITEMS.scoped(scope).update_one({"_id": item["_id"]}, done)


def cancel(scope: TenantScope, item: ItemDocument, reason: str) -> None:
    """Remove an item from the queue whose lead cannot be assigned, with the reason; unless it changed since it was read."""
    gone: ItemDocument = {"status": rules.CANCELLED, "cancelledAt": now(), "reason": reason}
    ITEMS.scoped(scope).update_one(
        {"_id": item["_id"], "status": item["status"]},
        {"$unset": {"open": "", **dict.fromkeys(_HELD, "")}},
        sets=gone,
    )


def adopt() -> int:
    """Give items of the old system, which have no tenant, the tenant of their lead; return how many were examined.
    Those whose lead is unknown belong to no tenant; only operators see them. Safe to run twice and at once."""
    found = list(queues_of_all().find(_HOMELESS, {"leadId": 1}, limit=_BATCH))
    keys = {item["_id"]: object_id(text_id(item.get("leadId"))) for item in found}
    leads = leads_of_all().find({"_id": {"$in": list(keys.values())}}, {"tenantId": 1})
    tenants = {lead["_id"]: lead["tenantId"] for lead in leads}
    items: dict[str | None, list[Any]] = defaultdict(list)
    for item, lead in keys.items():
        items[tenants.get(lead) if lead else None].append(item)
    for tenant_id, ids in items.items():
        queues_of_all().mark({"_id": {"$in": ids}, **_HOMELESS}, {"$set": {"tenantId": tenant_id}})
    return len(found)
