"""Assignment through the API: who gets a lead, why, what follows, who may decide."""

from collections import Counter
from typing import Any

import pytest

from core.documents.driver import database as mongo
from tests.conftest import OTHER_TENANT, Api, Caller
from tests.leads.test_leads import create, events
from tests.leads.test_queue import QUEUE, UNKNOWN, add, hire, parallel, refused

ASSIGN = "/api/leads/assign"


def auto(api: Api, as_: Caller, lead: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body = {"leadId": (lead or create(api, as_))["_id"], **more}
    answer = api.post(f"{ASSIGN}/auto", body, as_=as_)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def manual(api: Api, as_: Caller, lead: dict[str, Any], agent: Caller, **more: Any) -> dict[str, Any]:
    body = {"leadId": lead["_id"], "agentId": agent.user_id, **more}
    answer = api.post(f"{ASSIGN}/manual", body, as_=as_)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def failed(answer: dict[str, Any], reason: str) -> None:
    assert (answer["success"], answer["message"]) == (False, reason)
    assert (answer["data"]["success"], answer["data"]["reason"]) == (False, reason)


def equip(api: Api, as_: Caller, agent: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.put(f"{ASSIGN}/agents/{agent.user_id}/capacity", changes, as_=as_)
    assert answer.status_code == 200, answer.json()
    return dict(answer.json()["data"])


def owner_of(lead: dict[str, Any]) -> str:
    stored = mongo("leads")["leads"].find_one({"leadId": lead["leadId"]})
    assert stored is not None
    return str(stored["assignedTo"])


@pytest.fixture
def team() -> list[Caller]:
    """Three agents, and people who are none."""
    agents = [Caller(role) for role in ("user", "acquisitions", "dispositions")]
    hire(*agents, Caller("manager"), Caller("viewer"), Caller("user", OTHER_TENANT))
    hire(Caller("user"), status="suspended")
    return agents


# -- choosing ------------------------------------------------------------------------------------------------------
def test_the_lead_follows_with_its_event(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    answer = auto(api, manager, lead, reason="new in town")
    assert (answer["success"], answer["message"]) == (True, "Lead assigned successfully")
    got = answer["data"]["assignedAgentId"]
    assert got in {agent.user_id for agent in team}
    assert answer["data"]["assignedAgentName"] == f"Name {got[-4:]}"
    assert (answer["data"]["workloadBalance"], answer["data"]["skillMatchScore"]) == (1, 1)
    assert owner_of(lead) == got
    told = events()[-1]
    assert (told["name"], told["payload"]["assignedTo"]) == ("lead.assigned", got)
    assert told["payload"]["oldAssignedTo"] == lead["assignedTo"]


def test_history_tells_who_had_it_and_why(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    got = auto(api, manager, lead, reason="new in town")["data"]
    for path in (f"lead/{lead['_id']}", f"lead/{lead['leadId']}", f"agent/{got['assignedAgentId']}"):
        (row,) = api.get(f"{ASSIGN}/{path}/history", as_=manager).json()["data"]
        assert (row["_id"], row["leadId"], row["status"]) == (got["assignmentId"], lead["_id"], "pending")
        assert (row["assignmentType"], row["reason"]) == ("automatic", "new in town")
        assert (row["workloadAtAssignment"], row["capacityAtAssignment"]) == (0, 10)
        assert (row["agentName"], row["previousAgentId"]) == (got["assignedAgentName"], lead["assignedTo"])
        assert row["assignedBy"] == manager.user_id
        assert row["decision"] == got["decision"]
        assert not {"open", "rev", "tenantId"} & row.keys()
    decision = got["decision"]
    assert (decision["chosen"], decision["considered"]) == (got["assignedAgentId"], 3)
    assert decision["reason"] == "Longest without a new lead of 3 agents with the best score, 1.00"
    assert {one["agentId"] for one in decision["candidates"]} == {agent.user_id for agent in team}
    assert decision["candidates"][1]["reasons"] == ["0 of 10 leads open", "Never got a lead before"]


def test_equal_agents_take_turns(api: Api, manager: Caller, team: list[Caller]) -> None:
    turns = [auto(api, manager)["data"]["assignedAgentId"] for _ in range(6)]
    assert set(turns[:3]) == {agent.user_id for agent in team}
    assert turns[3:] == turns[:3]


def test_free_capacity_counts_more_than_turns(api: Api, manager: Caller, team: list[Caller]) -> None:
    for agent, capacity in zip(team, (2, 2, 20), strict=True):
        equip(api, manager, agent, maxCapacity=capacity)
    turns = Counter(auto(api, manager)["data"]["assignedAgentId"] for _ in range(10))
    assert turns[team[2].user_id] == 8
    assert auto(api, manager)["data"]["decision"]["reason"].startswith("Best score of 3 agents: ")


@pytest.mark.parametrize("asked_by", ["body", "lead"])
def test_skills_are_matched_and_explained(api: Api, manager: Caller, team: list[Caller], asked_by: str) -> None:
    wanted = ["Probate", "Land"]
    equip(api, manager, team[1], skills=["probate ", "land", "short sale"])
    equip(api, manager, team[2], skills=["probate"])
    lead = create(api, manager, **({"customFields": {"requiredSkills": wanted}} if asked_by == "lead" else {}))
    more = {"requiredSkills": wanted} if asked_by == "body" else {}
    data = auto(api, manager, lead, **more)["data"]
    assert (data["assignedAgentId"], data["skillMatchScore"]) == (team[1].user_id, 1)
    assert data["decision"]["reason"] == "Best score of 3 agents: 1.00, next 0.80"
    reasons = {one["agentId"]: one["reasons"][1] for one in data["decision"]["candidates"]}
    assert reasons[team[2].user_id] == "Has 1 of 2 required skills, lacks Land"
    assert data["decision"]["requiredSkills"] == wanted


def test_what_a_lead_asks_for_is_bounded(api: Api, manager: Caller, team: list[Caller]) -> None:
    asked = ["land", 7, None, "", "x" * 51, *(f"skill {number}" for number in range(200))]
    decision = auto(api, manager, create(api, manager, customFields={"requiredSkills": asked}))["data"]["decision"]
    assert decision["requiredSkills"] == ["land", *(f"skill {number}" for number in range(49))]


def test_no_worker_gets_what_no_worker_can_take(api: Api, manager: Caller, team: list[Caller]) -> None:
    for agent in team:
        equip(api, manager, agent, availability="offline")
    lead = create(api, manager)
    answer = auto(api, manager, lead)
    failed(answer, "No available agents")
    reasons = [one["reasons"] for one in answer["data"]["decision"]["candidates"]]
    assert reasons[0][:3] == ["Agent is not available", "0 of 10 leads open", "Set to offline"]
    equip(api, manager, team[0], availability="available", maxCapacity=1)
    assert auto(api, manager, lead)["data"]["decision"]["reason"] == "The only agent who can take a lead now"
    failed(auto(api, manager), "No suitable agent found")
    assert len(events()) == 3


def test_without_agents_nothing_happens(api: Api, manager: Caller) -> None:
    failed(auto(api, manager), "No available agents")


def test_parallel_decisions_never_fill_an_agent_beyond_capacity(api: Api, manager: Caller, team: list[Caller]) -> None:
    for agent in team:
        equip(api, manager, agent, maxCapacity=2)
    waiting = iter([create(api, manager) for _ in range(9)])
    answers: list[dict[str, Any]] = []
    parallel(9, lambda: answers.append(auto(Api(), manager, next(waiting))))
    given = Counter(answer["data"]["assignedAgentId"] for answer in answers if answer["success"])
    assert given == {agent.user_id: 2 for agent in team}
    assert Counter(answer["message"] for answer in answers)["No suitable agent found"] == 3


def test_parallel_decisions_about_one_lead_make_one_assignment(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    answers: list[dict[str, Any]] = []
    parallel(6, lambda: answers.append(auto(Api(), manager, lead)))
    assert Counter(answer["message"] for answer in answers) == {
        "Lead assigned successfully": 1,
        "Lead is already assigned": 5,
    }
    assert mongo("leads")["assignments"].count_documents({"open": True}) == 1
    assert len(events()) == 2


# -- naming somebody -----------------------------------------------------------------------------------------------
def test_a_named_agent_gets_the_lead(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    answer = manual(api, manager, {"_id": lead["leadId"]}, team[1], reason="knows the street")
    assert (answer["success"], answer["message"]) == (True, "Lead manually assigned successfully")
    assert answer["data"]["assignedAgentId"] == owner_of(lead) == team[1].user_id
    assert answer["data"]["decision"]["reason"] == "Chosen by a person"
    failed(manual(api, manager, lead, team[2]), "Lead is already assigned")


def test_who_cannot_be_named(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead, stranger = create(api, manager), Caller("user", OTHER_TENANT)
    hire(stranger)
    for nobody in (stranger, Caller("user"), manager):
        failed(manual(api, manager, lead, nobody), "Agent is not available")
    equip(api, manager, team[0], availability="busy")
    failed(manual(api, manager, lead, team[0]), "Agent is not available")
    equip(api, manager, team[1], maxCapacity=1)
    manual(api, manager, create(api, manager), team[1])
    failed(manual(api, manager, lead, team[1]), "Agent is at maximum capacity")
    failed(manual(api, manager, {"_id": UNKNOWN}, team[2]), "Lead not found")
    failed(auto(api, manager, {"_id": UNKNOWN}), "Lead not found")
    assert owner_of(lead) == lead["assignedTo"]


def test_reassigning(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    path, body = f"{ASSIGN}/{lead['leadId']}/reassign", {"agentId": team[1].user_id, "reason": "on holiday"}
    failed(api.put(path, body, as_=manager).json(), "No current assignment found")
    manual(api, manager, lead, team[0])
    failed(api.put(path, {"agentId": UNKNOWN}, as_=manager).json(), "New agent is not available")
    equip(api, manager, team[1], maxCapacity=1)
    manual(api, manager, create(api, manager), team[1])
    # A full one may be named.
    answer = api.put(path, body, as_=manager).json()
    assert (answer["success"], answer["message"]) == (True, "Lead reassigned successfully")
    assert owner_of(lead) == team[1].user_id
    new, old = api.get(f"{ASSIGN}/lead/{lead['_id']}/history", as_=manager).json()["data"]
    assert (old["status"], old["reassignmentReason"], old["agentId"]) == ("reassigned", "on holiday", team[0].user_id)
    assert old["reassignedAt"]
    assert (new["status"], new["assignmentType"]) == ("pending", "reassignment")
    assert (new["previousAgentId"], new["previousAgentName"]) == (team[0].user_id, f"Name {team[0].user_id[-4:]}")
    failed(api.put(f"{ASSIGN}/{UNKNOWN}/reassign", body, as_=manager).json(), "Lead not found")


# -- the queue -----------------------------------------------------------------------------------------------------
def test_the_leads_own_queue_item_follows(api: Api, manager: Caller, team: list[Caller]) -> None:
    first, lead = add(api, manager), create(api, manager)
    item = add(api, manager, lead)
    got = auto(api, manager, lead)["data"]
    items = {one["_id"]: one for one in api.get(f"{QUEUE}/items", as_=manager).json()["data"]["items"]}
    assert items[first["_id"]]["status"] == "pending"
    mine = items[item["_id"]]
    assert (mine["status"], mine["agentId"]) == ("assigned", got["assignedAgentId"])
    assert mine["assignmentId"] == got["assignmentId"]
    api.put(f"{ASSIGN}/{lead['_id']}/reassign", {"agentId": team[0].user_id}, as_=manager)
    again = mongo("leads")["queueitems"].find_one({"leadId": lead["_id"]})
    assert again is not None
    assert again["agentId"] == team[0].user_id


def test_an_item_that_is_assigned_makes_an_assignment(api: Api, agent: Caller, team: list[Caller]) -> None:
    lead = create(api, agent)
    path = f"{QUEUE}/{add(api, agent, lead)['_id']}/assign"
    equip(api, Caller("manager"), team[0], availability="offline")
    refused(api.put(path, {"agentId": team[0].user_id}, as_=agent), "Agent is not available")
    item = api.put(path, {"agentId": team[1].user_id, "priority": 4}, as_=agent).json()["data"]
    assert "expiresAt" not in item
    (row,) = api.get(f"{ASSIGN}/lead/{lead['_id']}/history", as_=agent).json()["data"]
    assert (row["_id"], row["agentId"]) == (item["assignmentId"], team[1].user_id)
    assert (row["assignmentType"], row["decision"]["reason"]) == ("manual", "Chosen by a person from the queue")


def test_queueing_a_lead_again_hands_it_to_another_worker(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    manual(api, manager, lead, team[0])
    item = add(api, manager, lead)
    api.put(f"{QUEUE}/{item['_id']}/assign", {"agentId": team[1].user_id}, as_=manager)
    new, old = api.get(f"{ASSIGN}/lead/{lead['_id']}/history", as_=manager).json()["data"]
    assert (old["status"], old["reassignmentReason"]) == ("reassigned", "The lead was queued again")
    assert (new["assignmentType"], new["previousAgentId"]) == ("reassignment", team[0].user_id)
    assert owner_of(lead) == team[1].user_id


def test_the_item_of_a_deleted_lead_leaves_the_queue(api: Api, manager: Caller, team: list[Caller]) -> None:
    lead = create(api, manager)
    item = add(api, manager, lead)
    api.delete(f"/api/leads/{lead['leadId']}", as_=manager)
    body = {"agentId": team[0].user_id}
    refused(api.put(f"{QUEUE}/{item['_id']}/assign", body, as_=manager), "Lead not found")
    refused(api.get(f"{QUEUE}/next", as_=manager), "No pending leads in queue")
    shown = api.get(f"{QUEUE}/items", as_=manager).json()["data"]["items"][0]
    assert (shown["status"], shown["reason"]) == ("cancelled", "The lead was deleted")
    assert mongo("leads")["assignments"].count_documents({}) == 0


# -- agents --------------------------------------------------------------------------------------------------------
def test_who_can_take_leads(api: Api, manager: Caller, agent: Caller, team: list[Caller]) -> None:
    equip(api, manager, team[0], availability="busy")
    equip(api, manager, team[1], maxCapacity=1)
    equip(api, manager, team[2], skills=["land"])
    shown = api.get(f"{ASSIGN}/agents/available", as_=agent).json()
    assert shown["message"] == "Available agents retrieved successfully"
    assert {one["agentId"] for one in shown["data"]} == {team[1].user_id, team[2].user_id}
    manual(api, manager, create(api, manager), team[1])
    (left,) = api.get(f"{ASSIGN}/agents/available", as_=agent).json()["data"]
    assert left.pop("lastActive")
    assert left == {
        "agentId": team[2].user_id,
        "name": f"Name {team[2].user_id[-4:]}",
        "currentWorkload": 0,
        "maxCapacity": 10,
        "skills": ["land"],
        "availability": "available",
    }
    full = api.get(f"{ASSIGN}/agents/{team[1].user_id}/capacity", as_=agent).json()["data"]
    assert (full["currentWorkload"], full["maxCapacity"], full["utilization"]) == (1, 1, 100)
    assert full["availability"] == "busy"


def test_members_set_their_own_availability_only(api: Api, manager: Caller, team: list[Caller]) -> None:
    me, other = team[:2]
    assert equip(api, me, me, availability="busy")["availability"] == "busy"
    for who, change in ((me, {"maxCapacity": 500}), (me, {"skills": []}), (other, {"availability": "offline"})):
        answer = api.put(f"{ASSIGN}/agents/{who.user_id}/capacity", change, as_=me)
        assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden resource")
    assert equip(api, manager, me, maxCapacity=500)["maxCapacity"] == 500
    for nobody in (UNKNOWN, manager.user_id):
        answer = api.get(f"{ASSIGN}/agents/{nobody}/capacity", as_=manager)
        assert (answer.status_code, answer.json()["message"]) == (404, "Agent not found")


def test_counters(api: Api, manager: Caller, team: list[Caller]) -> None:
    path = f"{ASSIGN}/stats"
    empty = api.get(path, as_=manager).json()["data"]
    assert empty["agentUtilization"] == {agent.user_id: 0 for agent in team}
    assert (empty["totalAssignments"], empty["averageAssignmentTime"], empty["workloadBalanceScore"]) == (0, 0, 100)
    ids = [manual(api, manager, create(api, manager), team[0])["data"]["assignmentId"] for _ in range(3)]
    for key, status in zip(ids, ("accepted", "rejected", "completed"), strict=True):
        api.put(f"{ASSIGN}/{key}/status", {"status": status}, as_=manager)
    found = api.get(path, as_=manager).json()["data"]
    assert (found["totalAssignments"], found["successfulAssignments"], found["failedAssignments"]) == (3, 1, 1)
    assert found["agentUtilization"][team[0].user_id] == 10
    # Loads 0.1, 0, 0.
    assert found["workloadBalanceScore"] == pytest.approx(100 - 100 * 0.02 / 9)
    assert found["skillMatchScore"] == 1
