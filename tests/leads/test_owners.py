"""To whom leads can be given, and whose names are told (contract/leads-rules.md §13, defect 2)."""

import uuid
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from services.leads.directory.queries import MEMBER, names_of
from tests.conftest import OTHER_TENANT, Api, Caller
from tests.leads.test_bulk import done, ids, made
from tests.leads.test_leads import AGENT, OTHER, body, create
from tests.leads.test_queue import hire
from tests.leads.test_transfer import exported
from tests.test_costs import costs

NOT_A_MEMBER = f"assignedTo must be {MEMBER}"


def somebody(kind: str) -> str:
    """Return the id of somebody of a kind that leads cannot be given to."""
    person = Caller("user", OTHER_TENANT if kind == "foreign" else None if kind == "tenantless" else Caller().tenant_id)
    if kind == "unknown":
        return str(uuid.uuid4())
    if kind != "nobody":
        hire(person, status=kind if kind in ("suspended", "inactive") else "active")
    return person.user_id


STRANGERS = pytest.mark.parametrize("kind", ["nobody", "unknown", "foreign", "tenantless", "suspended", "inactive"])


@STRANGERS
def test_a_lead_is_given_to_members_only(api: Api, manager: Caller, kind: str) -> None:
    lead, stranger = create(api, manager), somebody(kind)
    path = f"/api/leads/{lead['leadId']}"
    for answer in (
        api.post("/api/leads", {**body(), "assignedTo": stranger}, as_=manager),
        api.put(path, {"assignedTo": stranger, "notes": "x"}, as_=manager),
        api.put("/api/leads/bulk/update", {"leadIds": [lead["_id"]], "assignedTo": stranger}, as_=manager),
    ):
        assert (answer.status_code, answer.json()["message"]) == (400, [NOT_A_MEMBER])
    several = {"leads": [body(), {**body(), "assignedTo": stranger}]}
    answer = api.post("/api/leads/bulk/create", several, as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, [f"leads.1.{NOT_A_MEMBER}"])
    assert mongo("leads")["leads"].count_documents({}) == 1
    shown = api.get(path, as_=manager).json()
    assert (shown["assignedTo"], shown.get("notes")) == (AGENT, None)


@STRANGERS
@pytest.mark.parametrize(
    ("what", "wrap"),
    [
        ("assign", lambda changes: changes),
        ("update", lambda changes: {"data": {**changes, "notes": "x"}}),
        ("execute", lambda changes: {"operation": "assign", "data": changes}),
    ],
    ids=["assign", "update", "execute"],
)
def test_many_leads_are_given_to_members_only(api: Api, manager: Caller, kind: str, what: str, wrap: Any) -> None:
    leads = made(api, manager, 2)
    result = done(api, manager, what, {"leadIds": ids(leads), **wrap({"assignedTo": somebody(kind)})})
    assert (result["success"], result["processedRecords"], result["failedRecords"]) == (False, 0, 2)
    assert [(one["leadId"], one["message"]) for one in result["errors"]] == [(one, NOT_A_MEMBER) for one in ids(leads)]
    stored = list(mongo("leads")["leads"].find({}))
    assert {str(lead["assignedTo"]) for lead in stored} == {manager.user_id}
    assert not any("notes" in lead for lead in stored)


def test_who_asks_is_known_by_the_token_and_pending_people_are_members(api: Api, manager: Caller) -> None:
    hire(pending := Caller("user"), status="pending")
    assert create(api, manager, assignedTo=manager.user_id)["assignedTo"] == manager.user_id
    assert create(api, manager, assignedTo=pending.user_id.upper())["assignedTo"] == pending.user_id


def test_a_uuid_may_be_a_member_too(api: Api, manager: Caller) -> None:
    hire(member := Caller("user", user_id=str(uuid.uuid4())))
    assert create(api, manager, assignedTo=member.user_id)["assignedTo"] == member.user_id


def test_a_lead_of_an_unknown_user_can_be_read_and_changed(api: Api, manager: Caller) -> None:
    lead, gone = create(api, manager), ObjectId()
    mongo("leads")["leads"].update_one({"leadId": lead["leadId"]}, {"$set": {"assignedTo": gone}})
    path = f"/api/leads/{lead['leadId']}"
    changed = api.put(path, {"notes": "called", "assignedTo": str(gone)}, as_=manager)
    assert (changed.status_code, changed.json()["notes"], changed.json()["assignedTo"]) == (200, "called", str(gone))
    same = {"leadIds": [lead["_id"]], "assignedTo": str(gone), "priority": "high"}
    assert api.put("/api/leads/bulk/update", same, as_=manager).status_code == 200
    assert api.put(path, {"assignedTo": OTHER}, as_=manager).json()["assignedTo"] == OTHER
    assert api.put(path, {"assignedTo": str(gone)}, as_=manager).status_code == 400


def test_an_operator_gives_leads_to_their_tenants_people(api: Api, manager: Caller, operator: Caller) -> None:
    lead = create(api, manager)
    hire(foreign := Caller("user", OTHER_TENANT))
    path = f"/api/leads/{lead['leadId']}"
    assert api.put(path, {"assignedTo": foreign.user_id}, as_=operator).status_code == 400
    assert api.put(path, {"assignedTo": OTHER}, as_=operator).status_code == 200


def test_names_of_other_tenants_people_are_not_told(api: Api, manager: Caller, agent: Caller) -> None:
    hire(foreign := Caller("user", OTHER_TENANT), name="Fay Foreign")
    lead = create(api, manager)
    mongo("leads")["leads"].update_one({"leadId": lead["leadId"]}, {"$set": {"assignedTo": ObjectId(foreign.user_id)}})
    assert exported(api, agent, "?fields=assignedTo") == [["assignedTo"], [foreign.user_id]]
    assert names_of(manager.scope, [foreign.user_id, OTHER]) == {OTHER: "Owner bb"}
    old = {"leadId": lead["_id"], "agentId": OTHER, "previousAgentId": foreign.user_id, "status": "completed"}
    moments = dict.fromkeys(("assignedAt", "createdAt", "updatedAt"), now())
    mongo("leads")["assignments"].insert_one(
        {**old, **moments, "assignmentType": "manual", "tenantId": manager.tenant_id}
    )
    (row,) = api.get(f"/api/leads/assign/lead/{lead['_id']}/history", as_=manager).json()["data"]
    assert (row["agentName"], row.get("previousAgentName")) == ("Owner bb", None)


def test_many_owners_are_looked_up_at_once(api: Api, manager: Caller) -> None:
    hire(*(members := [Caller("user") for _ in range(20)]))
    with costs("leads") as found:
        leads = {"leads": [{**body(), "assignedTo": member.user_id} for member in members]}
        assert api.post("/api/leads/bulk/create", leads, as_=manager).status_code == 201
    asked = [one for one in found if one["ns"].endswith(".leadsdirectory")]
    assert [(one["nreturned"], one["planSummary"]) for one in asked] == [(20, asked[0]["planSummary"])]
    assert "COLLSCAN" not in asked[0]["planSummary"]
