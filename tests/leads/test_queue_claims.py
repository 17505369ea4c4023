"""The queue below its routes: claims, leases, what the old system left in it, what it costs."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.driver import raw
from services.leads.queueing import actions, queries
from services.leads.queueing.models import ITEMS
from tests.conftest import TENANT, Api, Caller
from tests.leads.test_leads import create
from tests.leads.test_queue import QUEUE, SCOPE, UNKNOWN, fill, parallel, refused


# -- claims ---------------------------------------------------------------------------------------------------------
def test_parallel_claims_take_every_item_once(database: None) -> None:
    wanted = {item["_id"] for item in fill(200)}
    taken: list[tuple[Any, str]] = []

    def claim() -> None:
        me = str(ObjectId())
        while item := actions.claim(SCOPE, me):
            taken.append((item["_id"], me))

    parallel(12, claim)
    assert Counter(key for key, _ in taken) == dict.fromkeys(wanted, 1)
    stored = {item["_id"]: item["agentId"] for item in mongo("leads")["queueitems"].find({"status": "assigned"})}
    assert stored == dict(taken)


# -- leases --------------------------------------------------------------------------------------------------------
def test_a_heartbeat_renews_the_lease_of_its_holder_only(api: Api, agent: Caller, admin: Caller) -> None:
    fill(1)
    held = actions.claim(SCOPE, agent.user_id)
    assert held is not None
    path = f"{QUEUE}/{held['_id']}/heartbeat"
    raw(ITEMS).update_one({}, {"$set": {"expiresAt": now() + timedelta(seconds=5)}})
    renewed = api.put(path, as_=agent).json()
    assert renewed["success"]
    assert renewed["data"]["expiresAt"] > held["assignedAt"].isoformat()
    stored = raw(ITEMS).find_one({})
    assert stored is not None
    assert stored["expiresAt"] > now() + timedelta(minutes=4)
    refused(api.put(path, as_=admin), "You have no lease of this lead")
    refused(api.put(f"{QUEUE}/{UNKNOWN}/heartbeat", as_=agent), "Lead not found in queue")


def test_an_item_comes_back_to_its_place(database: None) -> None:
    first, second = fill(2)
    me = str(ObjectId())
    held = actions.claim(SCOPE, me)
    assert held is not None
    assert held["_id"] == first["_id"]
    assert actions.give_back(SCOPE, held)
    # Somebody else has it by now: the old holder gives nothing back.
    other = actions.claim(SCOPE, str(ObjectId()))
    assert other is not None
    assert other["_id"] == first["_id"]
    assert actions.give_back(SCOPE, held) is None
    assert queries.next_item(SCOPE)["_id"] == second["_id"]


# -- what the old system left --------------------------------------------------------------------------------------
def old(lead_id: Any, **changes: Any) -> None:
    times = {"createdAt": now(), "updatedAt": now()}
    mongo("leads")["queueitems"].insert_one({"leadId": lead_id, "priority": 1, "status": "pending", **times, **changes})


def test_old_items_join_the_tenant_of_their_lead(api: Api, admin: Caller, operator: Caller) -> None:
    lead = create(api, admin)
    for key in (ObjectId(lead["_id"]), lead["_id"], UNKNOWN):
        old(key)
    refused(api.get(f"{QUEUE}/next", as_=admin), "No pending leads in queue")
    assert actions.adopt() == 3
    assert actions.adopt() == 0
    assert api.get(f"{QUEUE}/items", as_=admin).json()["data"]["total"] == 2
    assert api.get(f"{QUEUE}/items", as_=operator).json()["data"]["total"] == 3
    assert api.get(f"{QUEUE}/next", as_=admin).json()["data"]["leadId"] == lead["_id"]
    refused(api.post(f"{QUEUE}/add", {"leadId": lead["_id"]}, as_=admin), "Lead is already in queue", 201)


def test_a_lead_that_the_old_system_queued_twice_goes_to_one(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    for key in (ObjectId(lead["_id"]), lead["_id"], ObjectId(lead["_id"])):
        old(key)
    actions.adopt()
    first = actions.claim(SCOPE, admin.user_id)
    assert first is not None
    assert first["leadId"] == lead["_id"]
    assert actions.claim(SCOPE, str(ObjectId())) is None
    assert Counter(item["status"] for item in raw(ITEMS).find()) == {"assigned": 1, "cancelled": 2}


# -- costs ---------------------------------------------------------------------------------------------------------
def test_next_and_pages_look_at_what_they_show(database: None) -> None:
    fill(300)
    fill(300, status="assigned")
    view = ITEMS.scoped(SCOPE)
    for query, limit in (({"status": "pending"}, 1), ({"status": "pending"}, 32), ({}, 50)):
        told = raw(ITEMS).find(view.visible(query)).sort(list(queries.rules.ORDER)).limit(limit).explain()
        assert "'stage': 'SORT'," not in str(told["queryPlanner"]["winningPlan"])
        assert told["executionStats"]["totalDocsExamined"] == limit


@pytest.mark.parametrize(
    "query",
    [
        {"leadId": "x", "open": True, "tenantId": TENANT},
        {"expiresAt": {"$lte": now()}, "open": True},
        {"tenantId": TENANT, "status": "pending", "createdAt": {"$lt": now() - timedelta(days=1)}},
        {"tenantId": {"$exists": False}},
    ],
    ids=lambda query: next(iter(query)),
)
def test_look_ups_find_nothing_by_looking_at_nothing(database: None, query: dict[str, Any]) -> None:
    fill(20)
    told = raw(ITEMS).find(query).explain()
    assert "COLLSCAN" not in str(told["queryPlanner"]["winningPlan"])
    assert told["executionStats"]["totalDocsExamined"] == 0


def test_counters_look_at_no_document(database: None) -> None:
    fill(50)
    pipeline = [{"$match": ITEMS.scoped(SCOPE).visible({})}, *queries.counters(now())]
    command = {"aggregate": "queueitems", "pipeline": pipeline, "cursor": {}}
    told = str(mongo("leads").command("explain", command, verbosity="executionStats"))
    assert "'totalDocsExamined': 0" in told
