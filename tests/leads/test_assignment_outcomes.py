"""What becomes of assignments: answers of agents, claims with leases; wrong input, other people, costs."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.driver import raw
from core.documents.scope import TenantScope
from core.events.testing import deliver_all
from services.leads.assignment import outcomes, queries
from services.leads.assignment.models import ASSIGNMENTS
from services.leads.queueing.models import ITEMS
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.leads.test_assignment import ASSIGN, equip, manual, owner_of
from tests.leads.test_leads import OTHER, create, events
from tests.leads.test_queue import QUEUE, UNKNOWN, add, hire, parallel, refused


def answer(api: Api, as_: Caller, key: str, status: str, **more: Any) -> dict[str, Any]:
    reply = api.put(f"{ASSIGN}/{key}/status", {"status": status, **more}, as_=as_)
    assert (reply.status_code, reply.json()["success"]) == (200, True), reply.json()
    return dict(reply.json()["data"])


def claim(api: Api, as_: Caller) -> dict[str, Any]:
    reply = api.post(f"{QUEUE}/claim", as_=as_)
    assert (reply.status_code, reply.json()["success"]) == (201, True), reply.json()
    return dict(reply.json()["data"])


def item_of(lead: dict[str, Any]) -> dict[str, Any]:
    found = raw(ITEMS).find_one({"leadId": lead["_id"]})
    assert found is not None
    return found


@pytest.fixture
def me(database: None) -> Caller:
    """An agent of the tenant."""
    somebody = Caller("user")
    hire(somebody)
    return somebody


# -- claims --------------------------------------------------------------------------------------------------------
def test_a_claim_gives_the_caller_the_lead_for_a_while(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    item = add(api, manager, lead)
    got = claim(api, me)
    assert (got["_id"], got["status"], got["agentId"]) == (item["_id"], "assigned", me.user_id)
    assert got["expiresAt"]
    assert owner_of(lead) == me.user_id
    assert (events()[-1]["name"], events()[-1]["payload"]["assignedTo"]) == ("lead.assigned", me.user_id)
    (row,) = api.get(f"{ASSIGN}/agent/{me.user_id}/history", as_=me).json()["data"]
    assert (row["_id"], row["assignmentType"]) == (got["assignmentId"], "automatic")
    assert row["decision"]["reason"] == "Claimed from the queue"
    refused(api.post(f"{QUEUE}/claim", as_=me), "No pending leads in queue", 201)


def test_accepting_keeps_it(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    add(api, manager, lead)
    row = answer(api, me, claim(api, me)["assignmentId"], "accepted", notes="calling now")
    assert (row["status"], row["notes"], row["responseTime"]) == ("accepted", "calling now", 0)
    assert row["agentName"] == f"Name {me.user_id[-4:]}"
    assert "expiresAt" not in item_of(lead)
    assert outcomes.return_expired() == 0
    done = answer(api, me, row["_id"], "completed")
    assert (done["status"], done["processingTime"]) == ("completed", 0)
    assert item_of(lead)["status"] == "completed"
    assert owner_of(lead) == me.user_id
    # It may be queued again.
    add(api, manager, lead)


def test_rejecting_gives_it_back_to_queue_and_owner(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    item = add(api, manager, lead)
    answer(api, me, claim(api, me)["assignmentId"], "rejected")
    assert api.get(f"{QUEUE}/next", as_=me).json()["data"]["_id"] == item["_id"]
    assert not {"agentId", "assignedAt", "expiresAt", "assignmentId"} & item_of(lead).keys()
    assert owner_of(lead) == lead["assignedTo"]
    assert (events()[-1]["name"], events()[-1]["payload"]["assignedTo"]) == ("lead.assigned", lead["assignedTo"])
    assert claim(api, me)["_id"] == item["_id"]


def test_a_lease_that_ends_gives_it_back(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    item = add(api, manager, lead)
    got = claim(api, me)
    assert outcomes.return_expired() == 0
    raw(ITEMS).update_one({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    returned: list[int] = []
    parallel(3, lambda: returned.append(outcomes.return_expired()))
    assert sum(returned) == 1
    assert api.get(f"{QUEUE}/next", as_=me).json()["data"]["_id"] == item["_id"]
    assert owner_of(lead) == lead["assignedTo"]
    (row,) = api.get(f"{ASSIGN}/lead/{lead['_id']}/history", as_=me).json()["data"]
    assert (row["status"], row["endReason"]) == ("rejected", "The lease expired")
    refused(api.put(f"{QUEUE}/{got['_id']}/heartbeat", as_=me), "You have no lease of this lead")


def test_a_claim_that_was_cut_short_comes_back(api: Api, manager: Caller, me: Caller) -> None:
    from services.leads.queueing.actions import claim as take_only

    lead = create(api, manager)
    add(api, manager, lead)
    assert take_only(me.scope, me.user_id)
    raw(ITEMS).update_one({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    assert outcomes.return_expired() == 1
    assert claim(api, me)["leadId"] == lead["_id"]
    assert raw(ASSIGNMENTS).count_documents({}) == 1


def test_who_names_an_agent_meanwhile_wins(api: Api, manager: Caller, me: Caller) -> None:
    from services.leads.assignment.actions import _settle
    from services.leads.queueing.actions import claim as take_only

    other, lead = Caller("user"), create(api, manager)
    hire(other)
    add(api, manager, lead)
    taken = take_only(me.scope, me.user_id)
    assert taken is not None
    assert manual(api, manager, lead, other)["success"]
    assert _settle(me.scope, taken, queries.agent_by_id(me.scope, me.user_id)) is None
    assert owner_of(lead) == item_of(lead)["agentId"] == other.user_id


def test_who_cannot_claim(api: Api, manager: Caller, me: Caller, operator: Caller) -> None:
    lead = create(api, manager)
    add(api, manager, lead)
    for nobody in (manager, Caller("user"), operator):
        refused(api.post(f"{QUEUE}/claim", as_=nobody), "Agent is not available", 201)
    equip(api, manager, me, maxCapacity=1)
    manual(api, manager, create(api, manager), me)
    refused(api.post(f"{QUEUE}/claim", as_=me), "Agent is at maximum capacity", 201)
    assert item_of(lead)["status"] == "pending"


def test_claims_at_once_do_not_fill_an_agent_beyond_capacity(api: Api, manager: Caller, me: Caller) -> None:
    equip(api, manager, me, maxCapacity=2)
    for _ in range(6):
        add(api, manager)
    outcomes_: list[str] = []
    parallel(6, lambda: outcomes_.append(Api().post(f"{QUEUE}/claim", as_=me).json()["message"]))
    assert Counter(outcomes_) == {"Lead claimed successfully": 2, "Agent is at maximum capacity": 4}
    assert Counter(item["status"] for item in raw(ITEMS).find()) == {"assigned": 2, "pending": 4}
    assert raw(ASSIGNMENTS).count_documents({"open": True}) == 2


def test_deleted_leads_are_passed_over(api: Api, manager: Caller, me: Caller) -> None:
    leads = [create(api, manager) for _ in range(3)]
    for lead in leads:
        add(api, manager, lead)
    for lead in leads[:2]:
        api.delete(f"/api/leads/{lead['leadId']}", as_=manager)
    assert claim(api, me)["leadId"] == leads[2]["_id"]
    assert [item_of(lead)["status"] for lead in leads] == ["cancelled", "cancelled", "assigned"]


# -- statuses ------------------------------------------------------------------------------------------------------
def test_members_answer_for_themselves_only(api: Api, manager: Caller, me: Caller) -> None:
    other = Caller("user")
    hire(other)
    key = manual(api, manager, create(api, manager), other)["data"]["assignmentId"]
    reply = api.put(f"{ASSIGN}/{key}/status", {"status": "accepted"}, as_=me)
    assert (reply.status_code, reply.json()["message"]) == (403, "Forbidden resource")
    assert answer(api, manager, key, "accepted")["status"] == "accepted"
    refused(api.put(f"{ASSIGN}/{UNKNOWN}/status", {"status": "accepted"}, as_=me), "Assignment not found")


def test_notes_alone(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    key = manual(api, manager, lead, me)["data"]["assignmentId"]
    row = api.put(f"{ASSIGN}/{key}/status", {"notes": "n", "reason": "not looked at"}, as_=me).json()["data"]
    assert (row["status"], row["notes"]) == ("pending", "n")
    assert api.put(f"{ASSIGN}/{key}/status", {}, as_=me).json()["data"]["notes"] == "n"


def test_an_answer_may_be_taken_back_while_no_other_worker_has_the_lead(api: Api, manager: Caller, me: Caller) -> None:
    lead, other = create(api, manager), Caller("user")
    hire(other)
    add(api, manager, lead)
    key = claim(api, me)["assignmentId"]
    answer(api, me, key, "rejected")
    answer(api, me, key, "accepted")
    assert owner_of(lead) == item_of(lead)["agentId"] == me.user_id
    answer(api, me, key, "rejected")
    theirs = claim(api, other)["assignmentId"]
    reply = api.put(f"{ASSIGN}/{key}/status", {"status": "pending"}, as_=me)
    refused(reply, "Lead is already assigned")
    assert owner_of(lead) == item_of(lead)["agentId"] == other.user_id
    assert item_of(lead)["assignmentId"] == theirs


def test_a_rejected_lead_that_a_manager_moved_stays_there(api: Api, manager: Caller, me: Caller) -> None:
    lead = create(api, manager)
    key = manual(api, manager, lead, me)["data"]["assignmentId"]
    api.put(f"/api/leads/{lead['leadId']}", {"assignedTo": OTHER}, as_=manager)
    answer(api, me, key, "rejected")
    assert owner_of(lead) == OTHER


# -- what happens to the lead elsewhere ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "status", "outcome", "reason"),
    [
        ({"status": "closed_won"}, "completed", "converted", "The lead was won"),
        ({"status": "closed_lost"}, "completed", "lost", "The lead was lost"),
        ({"assignedTo": OTHER}, "reassigned", None, "The lead was given to another agent"),
        (None, "completed", "cancelled", "The lead was deleted"),
        ({"status": "under_contract"}, "accepted", None, None),
    ],
)
def test_an_assignment_ends_with_its_lead(
    api: Api, manager: Caller, me: Caller, change: Any, status: str, outcome: str | None, reason: str | None
) -> None:
    lead = create(api, manager, status="negotiating")
    add(api, manager, lead)
    answer(api, me, claim(api, me)["assignmentId"], "accepted")
    deliver_all()
    assert queries.workload_of(me.scope, me.user_id) == 1
    path = f"/api/leads/{lead['leadId']}"
    api.put(path, change, as_=manager) if change else api.delete(path, as_=manager)
    deliver_all()
    (row,) = api.get(f"{ASSIGN}/lead/{lead['_id']}/history", as_=me).json()["data"]
    assert (row["status"], row.get("outcome"), row.get("endReason")) == (status, outcome, reason)
    assert queries.workload_of(me.scope, me.user_id) == int(status == "accepted")
    assert item_of(lead)["status"] == ("assigned" if status == "accepted" else "cancelled")


def test_a_deleted_lead_leaves_the_queue(api: Api, manager: Caller) -> None:
    lead = create(api, manager)
    add(api, manager, lead)
    api.delete(f"/api/leads/{lead['leadId']}", as_=manager)
    deliver_all()
    refused(api.get(f"{QUEUE}/next", as_=manager), "No pending leads in queue")


# -- wrong input, other people -------------------------------------------------------------------------------------
LEAD_ID, AGENT_ID = ["leadId must be a mongodb id"], ["agentId must be a mongodb id"]
STATUS = ["status must be one of the following values: pending, accepted, rejected, reassigned, completed"]
SKILLS = ["each value in skills must be a string of 1 to 50 characters"]


@pytest.mark.parametrize(
    ("request_", "body", "message"),
    [
        ("POST auto", {}, LEAD_ID),
        ("POST auto", {"leadId": UNKNOWN, "colour": 1}, ["property colour should not exist"]),
        ("POST auto", {"leadId": UNKNOWN, "priority": 11}, ["priority must not be greater than 10"]),
        ("POST auto", {"leadId": UNKNOWN, "requiredSkills": "land"}, ["requiredSkills must be an array"]),
        ("POST manual", {"leadId": UNKNOWN}, AGENT_ID),
        ("POST manual", {"leadId": "x", "agentId": "y"}, LEAD_ID + AGENT_ID),
        (f"PUT {UNKNOWN}/reassign", {}, AGENT_ID),
        (f"PUT {UNKNOWN}/status", {"status": "done"}, STATUS),
        ("PUT xyz/status", {"status": "pending"}, ["assignmentId must be a mongodb id"]),
        ("GET lead/xyz/history", None, LEAD_ID),
        ("GET agent/xyz/history", None, AGENT_ID),
        (f"GET agent/{UNKNOWN}/history?limit=0", None, ["limit must not be less than 1"]),
        ("GET agents/xyz/capacity", None, AGENT_ID),
        (f"PUT agents/{UNKNOWN}/capacity", {"maxCapacity": 0}, ["maxCapacity must not be less than 1"]),
        (f"PUT agents/{UNKNOWN}/capacity", {"skills": ["x" * 51]}, SKILLS),
    ],
)
def test_bad_input_is_named(api: Api, manager: Caller, request_: str, body: Any, message: Any) -> None:
    method, _, path = request_.partition(" ")
    reply = api.request(method, f"{ASSIGN}/{path}", body, as_=manager)
    assert reply.json() == {"message": message, "error": "Bad Request", "statusCode": 400}


def test_what_is_unknown_has_no_history(api: Api, me: Caller) -> None:
    for path in (f"lead/{UNKNOWN}", "lead/10000000-0000-4000-8000-0000000000ff", f"agent/{UNKNOWN}"):
        assert api.get(f"{ASSIGN}/{path}/history", as_=me).json()["data"] == []


@pytest.mark.parametrize(("method", "path"), [("POST", "auto"), ("POST", "manual"), ("PUT", f"{UNKNOWN}/reassign")])
def test_members_do_not_give_leads_away(api: Api, me: Caller, method: str, path: str) -> None:
    assert api.request(method, f"{ASSIGN}/{path}", {}, as_=me).status_code == 403


@pytest.mark.parametrize("path", ["stats", f"lead/{UNKNOWN}/history", "agents/available"])
def test_viewers_have_no_part_in_it(api: Api, viewer: Caller, path: str) -> None:
    assert api.get(f"{ASSIGN}/{path}", as_=viewer).status_code == 403


def test_another_tenant_sees_and_moves_nothing(api: Api, manager: Caller, me: Caller, outsider: Caller) -> None:
    lead, theirs = create(api, manager), Caller("user", OTHER_TENANT)
    hire(theirs)
    key = manual(api, manager, lead, me)["data"]["assignmentId"]
    for path in (f"lead/{lead['_id']}", f"lead/{lead['leadId']}", f"agent/{me.user_id}"):
        assert api.get(f"{ASSIGN}/{path}/history", as_=outsider).json()["data"] == []
    assert api.get(f"{ASSIGN}/agents/{me.user_id}/capacity", as_=outsider).status_code == 404
    equipping = api.put(f"{ASSIGN}/agents/{me.user_id}/capacity", {"maxCapacity": 1}, as_=outsider)
    assert equipping.status_code == 404
    refused(api.put(f"{ASSIGN}/{key}/status", {"status": "rejected"}, as_=outsider), "Assignment not found")
    body = {"agentId": theirs.user_id}
    moved = api.put(f"{ASSIGN}/{lead['_id']}/reassign", body, as_=outsider).json()
    assert (moved["success"], moved["message"]) == (False, "Lead not found")
    assert api.get(f"{ASSIGN}/stats", as_=outsider).json()["data"]["totalAssignments"] == 0
    assert owner_of(lead) == me.user_id


def test_an_operator_decides_within_the_leads_tenant(api: Api, manager: Caller, me: Caller, operator: Caller) -> None:
    theirs = Caller("user", OTHER_TENANT)
    hire(theirs)
    lead = create(api, manager)
    assert manual(api, operator, lead, theirs)["message"] == "Agent is not available"
    assert equip(api, operator, me, maxCapacity=3)["maxCapacity"] == 3
    made = api.post(f"{ASSIGN}/auto", {"leadId": lead["_id"]}, as_=operator).json()["data"]
    assert made["assignedAgentId"] == me.user_id
    stored = raw(ASSIGNMENTS).find_one({})
    assert stored is not None
    assert stored["tenantId"] == TENANT


# -- costs ---------------------------------------------------------------------------------------------------------
def rows(count: int, **fields: Any) -> None:
    view = ASSIGNMENTS.scoped(TenantScope(TENANT))
    base = {"agentId": "a", "status": "completed", "assignedAt": now(), "skillMatchScore": 1, "waitTime": 1}
    view.insert_many([{**base, "leadId": f"{number}", **fields} for number in range(count)])


def test_counting_looks_at_no_assignment(database: None) -> None:
    rows(200)
    rows(20, status="pending", open=True)
    view = ASSIGNMENTS.scoped(TenantScope(TENANT))
    for stages in ([{"$match": {"open": True}}, *queries.WORKLOADS], list(queries.COUNTERS)):
        pipeline = [{"$match": view.visible({})}, *stages]
        command = {"aggregate": "assignments", "pipeline": pipeline, "cursor": {}}
        told = str(mongo("leads").command("explain", command, verbosity="executionStats"))
        assert "'totalDocsExamined': 0" in told
        assert "COLLSCAN" not in told


@pytest.mark.parametrize("key", ["leadId", "agentId"])
def test_a_history_is_read_in_its_order(database: None, key: str) -> None:
    rows(100, leadId="l")
    query = ASSIGNMENTS.scoped(TenantScope(TENANT)).visible({key: "l" if key == "leadId" else "a"})
    told = raw(ASSIGNMENTS).find(query).sort([("assignedAt", -1), ("_id", -1)]).limit(10).explain()
    assert "'stage': 'SORT'," not in str(told["queryPlanner"]["winningPlan"])
    assert told["executionStats"]["totalDocsExamined"] == 10
