"""The queue of leads: order, one holder for each lead, leases, what the old system left in it."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.driver import raw
from core.documents.scope import TenantScope
from services.leads.queueing import actions
from services.leads.queueing.models import ITEMS
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.leads.test_leads import create, events

QUEUE = "/api/leads/queue"
SCOPE = TenantScope(TENANT, str(ObjectId()))
UNKNOWN = "64f0000000000000000000ee"


def hire(*people: Caller, **changes: Any) -> None:
    """Let leads know these people as its directory does."""
    for one in people:
        known = {"name": f"Name {one.user_id[-4:]}", "email": one.email, "status": "active", "roles": [one.role]}
        mongo("leads")["leadsdirectory"].insert_one(
            {"_id": one.user_id, "tenantId": one.tenant_id, **known, "version": 1, "projectedAt": now(), **changes}
        )


def add(api: Api, as_: Caller, lead: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body = {"leadId": (lead or create(api, as_))["_id"], **more}
    answer = api.post(f"{QUEUE}/add", body, as_=as_)
    assert (answer.status_code, answer.json()["success"]) == (201, True), answer.json()
    return dict(answer.json()["data"])


def refused(answer: Any, message: str, status: int = 200) -> None:
    assert (answer.status_code, answer.json()) == (status, {"success": False, "data": None, "message": message})


def fill(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Queue `count` leads that nothing else is known of."""
    fields = {"priority": 1, "status": "pending", "tags": [], "open": True, **changes}
    return ITEMS.scoped(SCOPE).insert_many([{**fields, "leadId": str(ObjectId())} for _ in range(count)])


# -- order ---------------------------------------------------------------------------------------------------------
def test_an_item_is_as_the_old_system_stored_it(api: Api, agent: Caller) -> None:
    lead = create(api, agent)
    item = add(api, agent, lead)
    assert (item["leadId"], item["priority"], item["status"], item["tags"]) == (lead["_id"], 1, "pending", [])
    assert not {"open", "rev", "tenantId"} & item.keys()
    stored = mongo("leads")["queueitems"].find_one({})
    assert stored is not None
    assert (stored["leadId"], stored["tenantId"], stored["__v"]) == (lead["_id"], TENANT, 0)


def test_higher_priorities_come_first_then_the_oldest(api: Api, agent: Caller) -> None:
    wanted = [add(api, agent, priority=priority)["_id"] for priority in (3, 9, 3, 10)]
    order = [wanted[3], wanted[1], wanted[0], wanted[2]]
    shown = api.get(f"{QUEUE}/items", as_=agent).json()["data"]
    assert [item["_id"] for item in shown["items"]] == order
    assert (shown["total"], shown["page"], shown["totalPages"]) == (4, 1, 1)
    taken = []
    while item := actions.claim(SCOPE, agent.user_id):
        taken.append(str(item["_id"]))
    assert taken == order


def test_next_shows_and_does_not_take(api: Api, agent: Caller) -> None:
    refused(api.get(f"{QUEUE}/next", as_=agent), "No pending leads in queue")
    item = add(api, agent)
    for _ in range(2):
        answer = api.get(f"{QUEUE}/next", as_=agent).json()
        assert (answer["data"], answer["message"]) == (item, "Next lead retrieved successfully")


def test_a_priority_moves_an_item(api: Api, agent: Caller) -> None:
    add(api, agent, priority=5)
    late = add(api, agent)
    answer = api.put(f"{QUEUE}/{late['_id']}/priority", {"priority": 6}, as_=agent).json()
    assert (answer["data"]["priority"], answer["message"]) == (6, "Priority updated successfully")
    assert api.get(f"{QUEUE}/next", as_=agent).json()["data"]["_id"] == late["_id"]
    refused(api.put(f"{QUEUE}/{UNKNOWN}/priority", {"priority": 6}, as_=agent), "Lead not found in queue")


def test_pages_are_bounded(api: Api, agent: Caller) -> None:
    fill(103)
    page = api.get(f"{QUEUE}/items?limit=1000", as_=agent).json()["data"]
    assert (len(page["items"]), page["total"], page["totalPages"]) == (100, 103, 2)
    last = api.get(f"{QUEUE}/items?limit=50&page=3&colour=red", as_=agent).json()["data"]
    assert (len(last["items"]), last["page"]) == (3, 3)


# -- one holder ----------------------------------------------------------------------------------------------------
def test_a_lead_is_queued_once(api: Api, agent: Caller) -> None:
    lead = create(api, agent)
    add(api, agent, lead)
    for key in (lead["_id"], lead["leadId"]):
        refused(api.post(f"{QUEUE}/add", {"leadId": key}, as_=agent), "Lead is already in queue", 201)


def test_parallel_adds_of_a_lead_make_one_item(api: Api, agent: Caller) -> None:
    lead, outcomes = create(api, agent), list[bool]()
    parallel(
        8, lambda: outcomes.append(Api().post(f"{QUEUE}/add", {"leadId": lead["_id"]}, as_=agent).json()["success"])
    )
    assert Counter(outcomes) == {True: 1, False: 7}


def test_only_a_lead_that_is_there_is_queued(api: Api, admin: Caller) -> None:
    gone = create(api, admin)
    api.delete(f"/api/leads/{gone['leadId']}", as_=admin)
    for key in (UNKNOWN, gone["_id"]):
        refused(api.post(f"{QUEUE}/add", {"leadId": key}, as_=admin), "Lead not found", 201)


def test_parallel_assignments_of_an_item_give_it_to_one(api: Api, admin: Caller) -> None:
    item, agents, winners = add(api, admin), [Caller("user") for _ in range(6)], list[str]()
    hire(*agents)
    waiting = iter(agents)

    def assign() -> None:
        mine = next(waiting)
        answer = Api().put(f"{QUEUE}/{item['_id']}/assign", {"agentId": mine.user_id}, as_=admin)
        assert answer.status_code == 200
        if answer.json()["success"]:
            winners.append(mine.user_id)
        else:
            refused(answer, "Lead is already assigned")

    parallel(6, assign)
    assert len(winners) == 1
    stored = mongo("leads")["queueitems"].find_one({})
    lead = mongo("leads")["leads"].find_one({})
    assert stored is not None
    assert lead is not None
    assert stored["agentId"] == str(lead["assignedTo"]) == winners[0]


def test_assigning_moves_the_lead_and_tells_every_service(api: Api, admin: Caller, agent: Caller) -> None:
    hire(agent)
    lead = create(api, admin)
    item = add(api, admin, lead)
    answer = api.put(f"{QUEUE}/{item['_id']}/assign", {"agentId": agent.user_id}, as_=admin).json()
    assert (answer["success"], answer["message"]) == (True, "Lead assigned successfully")
    assert (answer["data"]["status"], answer["data"]["agentId"]) == ("assigned", agent.user_id)
    assert answer["data"]["assignedAt"]
    shown = api.get(f"/api/leads/{lead['_id']}", as_=admin).json()
    assert shown["assignedTo"] == agent.user_id
    assert shown["activities"][-1]["type"] == "assignment"
    assert events()[-1]["name"] == "lead.assigned"
    assert events()[-1]["payload"]["assignedTo"] == agent.user_id


def test_what_cannot_be_assigned_stays(api: Api, admin: Caller, agent: Caller) -> None:
    hire(agent)
    item, stranger = add(api, admin), Caller("user", OTHER_TENANT)
    hire(stranger)
    path, body = f"{QUEUE}/{item['_id']}/assign", {"agentId": agent.user_id}
    for key in (stranger.user_id, UNKNOWN):
        refused(api.put(path, {"agentId": key}, as_=admin), "Agent is not available")
    refused(api.put(f"{QUEUE}/{UNKNOWN}/assign", body, as_=admin), "Lead not found in queue")
    assert api.get(f"{QUEUE}/next", as_=admin).json()["data"] == item


def parallel(count: int, work: Any) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# -- counters and cleaning up --------------------------------------------------------------------------------------
def test_counters(api: Api, agent: Caller) -> None:
    empty = api.get(f"{QUEUE}/stats", as_=agent).json()["data"]
    assert empty == {
        "totalItems": 0,
        "pendingItems": 0,
        "assignedItems": 0,
        "averageWaitTime": 0,
        "priorityDistribution": {},
    }
    fill(2, createdAt=now() - timedelta(minutes=10))
    fill(1, createdAt=now() - timedelta(minutes=40))
    fill(1, priority=7, status="assigned", createdAt=now() - timedelta(days=9))
    found = api.get(f"{QUEUE}/stats", as_=agent).json()["data"]
    assert found.pop("averageWaitTime") == pytest.approx(20, abs=0.5)
    assert found == {
        "totalItems": 4,
        "pendingItems": 3,
        "assignedItems": 1,
        "priorityDistribution": {"1": 3, "7": 1},
    }


def test_cleaning_up_removes_old_pending_items(api: Api, manager: Caller, agent: Caller) -> None:
    old = now() - timedelta(hours=30)
    fill(2, createdAt=old)
    fill(1)
    fill(1, createdAt=old, status="assigned")
    assert api.delete(f"{QUEUE}/cleanup", as_=agent).status_code == 403
    answer = api.delete(f"{QUEUE}/cleanup", as_=manager).json()
    assert answer == {"success": True, "data": {"removedCount": 2}, "message": "Cleaned up 2 expired queue items"}
    assert api.delete(f"{QUEUE}/cleanup?hours=0", as_=manager).json()["data"] == {"removedCount": 1}
    assert raw(ITEMS).count_documents({"status": "assigned"}) == 1


def test_removing(api: Api, manager: Caller, agent: Caller) -> None:
    path = f"{QUEUE}/{add(api, manager)['_id']}"
    assert api.delete(path, as_=agent).status_code == 403
    done = {"success": True, "data": None, "message": "Lead removed from queue successfully"}
    assert api.delete(path, as_=manager).json() == done
    refused(api.delete(path, as_=manager), "Lead not found in queue")


# -- wrong input, other people -------------------------------------------------------------------------------------
PRIORITY = [
    "priority must not be greater than 10",
    "priority must not be less than 1",
    "priority must be a number conforming to the specified constraints",
]
ITEM_ID, LEAD_ID, AGENT_ID = ([f"{name} must be a mongodb id"] for name in ("id", "leadId", "agentId"))


@pytest.mark.parametrize(
    ("request_", "body", "message"),
    [
        ("POST add", {}, LEAD_ID),
        ("POST add", {"leadId": "x"}, LEAD_ID),
        ("POST add", {"leadId": UNKNOWN, "priority": 0}, PRIORITY[1:2]),
        ("POST add", {"leadId": UNKNOWN, "tenantId": OTHER_TENANT}, ["property tenantId should not exist"]),
        (f"PUT {UNKNOWN}/assign", {}, AGENT_ID),
        (f"PUT {UNKNOWN}/assign", {"agentId": {"$ne": None}}, AGENT_ID),
        ("PUT xyz/assign", {"agentId": UNKNOWN}, ITEM_ID),
        ("PUT xyz/heartbeat", None, ITEM_ID),
        (f"PUT {UNKNOWN}/priority", {}, PRIORITY),
        (f"PUT {UNKNOWN}/priority", {"priority": 11}, PRIORITY[:1]),
        (f"PUT {UNKNOWN}/priority", {"priority": "5"}, PRIORITY),
        ("PUT xyz/priority", {"priority": 5}, ITEM_ID),
        ("DELETE xyz", None, ITEM_ID),
        ("GET items?page=0", None, ["page must not be less than 1"]),
        ("DELETE cleanup?hours=-1", None, ["hours must not be less than 0"]),
    ],
)
def test_bad_input_is_named(api: Api, admin: Caller, request_: str, body: Any, message: Any) -> None:
    method, _, path = request_.partition(" ")
    answer = api.request(method, f"{QUEUE}/{path}", body, as_=admin)
    assert answer.json() == {"message": message, "error": "Bad Request", "statusCode": 400}
    assert raw(ITEMS).count_documents({}) == 0


def test_viewers_have_no_part_in_the_queue(api: Api, admin: Caller, viewer: Caller) -> None:
    item = add(api, admin)
    calls = [("GET", "next"), ("GET", "stats"), ("GET", "items"), ("POST", "add"), ("PUT", f"{item['_id']}/priority")]
    for method, path in calls:
        assert api.request(method, f"{QUEUE}/{path}", {}, as_=viewer).status_code == 403


def test_another_tenants_queue_is_empty(api: Api, admin: Caller, outsider: Caller) -> None:
    lead = create(api, admin)
    item = add(api, admin, lead)
    refused(api.get(f"{QUEUE}/next", as_=outsider), "No pending leads in queue")
    refused(api.delete(f"{QUEUE}/{item['_id']}", as_=outsider), "Lead not found in queue")
    refused(api.put(f"{QUEUE}/{item['_id']}/priority", {"priority": 9}, as_=outsider), "Lead not found in queue")
    refused(api.post(f"{QUEUE}/add", {"leadId": lead["_id"]}, as_=outsider), "Lead not found", 201)
    assert api.get(f"{QUEUE}/items", as_=outsider).json()["data"]["total"] == 0
    assert api.delete(f"{QUEUE}/cleanup?hours=0", as_=outsider).json()["data"] == {"removedCount": 0}
    assert actions.claim(TenantScope(OTHER_TENANT), outsider.user_id) is None
    assert api.get(f"{QUEUE}/next", as_=admin).json()["data"] == item


def test_an_operator_queues_a_lead_in_its_tenant(api: Api, admin: Caller, operator: Caller) -> None:
    item = add(api, operator, create(api, admin))
    assert api.get(f"{QUEUE}/next", as_=admin).json()["data"] == item
