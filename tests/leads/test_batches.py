"""Several leads at once, through the API."""

from typing import Any

import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from tests.conftest import Api, Caller
from tests.system.platform import lead_body
from tests.test_costs import costs

CREATE, UPDATE = "/api/leads/bulk/create", "/api/leads/bulk/update"


@pytest.fixture
def leads(api: Api, manager: Caller) -> list[dict[str, Any]]:
    answer = api.post(CREATE, {"leads": [lead_body(manager.user_id) for _ in range(3)]}, as_=manager)
    assert answer.status_code == 201, answer.content
    return list(answer.json())


def test_all_are_created_in_their_order_and_heard_of(api: Api, manager: Caller) -> None:
    bodies = [lead_body(manager.user_id, notes=f"number {number}") for number in range(5)]
    answer = api.post(CREATE, {"leads": bodies}, as_=manager)
    assert [lead["notes"] for lead in answer.json()] == [body["notes"] for body in bodies]
    deliver_all()
    assert mongo("analytics")["leadfacts"].count_documents({}) == 5
    assert mongo("buyers")["buyerleads"].count_documents({}) == 5
    assert api.post(CREATE, {"leads": []}, as_=manager).json() == []


def test_a_thousand_cost_as_many_statements_as_ten(api: Api, manager: Caller) -> None:
    counts = []
    for number in (10, 200):
        with costs("leads") as found:
            answer = api.post(CREATE, {"leads": [lead_body(manager.user_id) for _ in range(number)]}, as_=manager)
        assert answer.status_code == 201
        # MongoDB notes each document of an insert of many as a statement of its own.
        counts.append(len([one for one in found if one["op"] != "insert"]))
    assert counts[0] == counts[1] <= 3


@pytest.mark.parametrize("fault", ["rule", "same twice", "there already"])
def test_one_bad_lead_keeps_all_out(api: Api, manager: Caller, leads: list[dict[str, Any]], fault: str) -> None:
    good, bad = lead_body(manager.user_id), lead_body(manager.user_id)
    message = f"Duplicate lead detected for {bad['contactInfo']['email']}"
    expected: dict[str, Any] = {"message": message, "duplicateFields": ["phone"]}
    if fault == "rule":
        bad["contactInfo"]["phone"] = "123"
        expected = {"message": "Lead validation failed"}
    elif fault == "same twice":
        bad["contactInfo"]["phone"] = good["contactInfo"]["phone"]
    else:
        bad["contactInfo"]["phone"] = f"+1{leads[0]['contactInfo']['phone']}"
    answer = api.post(CREATE, {"leads": [good, bad]}, as_=manager)
    assert answer.status_code == 400
    assert expected.items() <= answer.json().items()
    assert mongo("leads")["leads"].count_documents({}) == 3


def test_the_first_bad_lead_is_told_whatever_is_wrong_with_it(api: Api, manager: Caller) -> None:
    first, same, broken = (lead_body(manager.user_id) for _ in range(3))
    same["contactInfo"] |= {"email": first["contactInfo"]["email"].upper(), "phone": first["contactInfo"]["phone"]}
    broken["contactInfo"]["phone"] = "123"
    answer = api.post(CREATE, {"leads": [first, same, broken]}, as_=manager)
    message = f"Duplicate lead detected for {same['contactInfo']['email']}"
    assert answer.json() == {"message": message, "duplicateFields": ["email", "phone"]}
    assert api.post(CREATE, {"leads": [broken, first, same]}, as_=manager).json()["message"] == "Lead validation failed"


def test_a_bad_member_is_told_with_its_place(api: Api, manager: Caller) -> None:
    answer = api.post(CREATE, {"leads": [lead_body(manager.user_id), lead_body("nobody")]}, as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, ["leads.1.assignedTo must be a mongodb id"])
    answer = api.post(CREATE, {"leads": [{}] * 1001}, as_=manager)
    assert answer.json()["message"] == ["leads must contain no more than 1000 elements"]


def test_an_old_lead_without_keys_is_a_duplicate_too(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    mongo("leads")["leads"].update_many({}, {"$unset": {"emailKey": "", "phoneKey": ""}})
    again = lead_body(manager.user_id)
    again["contactInfo"]["email"] = leads[0]["contactInfo"]["email"]
    answer = api.post(CREATE, {"leads": [again]}, as_=manager)
    assert answer.json()["duplicateFields"] == ["email"]


def test_the_same_changes_in_all_by_either_id(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    deliver_all()
    ids = [leads[0]["leadId"], leads[1]["_id"]]
    changes = {"status": "negotiating", "priority": "urgent", "tags": ["x"], "nextFollowUpDate": "2027-01-01T00:00:00Z"}
    answer = api.put(UPDATE, {"leadIds": ids, **changes}, as_=manager)
    assert (answer.status_code, answer.content) == (200, b"")
    changed, untouched = (
        api.get(f"/api/leads/{ids[0]}", as_=manager),
        api.get(f"/api/leads/{leads[2]['_id']}", as_=manager),
    )
    assert (changed.json()["status"], changed.json()["tags"]) == ("negotiating", ["x"])
    assert changed.json()["activities"][-1]["type"] == "other"
    assert changed.json()["activities"][-1]["description"] == "Bulk update: status, priority, tags, nextFollowUpDate"
    assert untouched.json()["status"] == "new"
    deliver_all()
    facts = mongo("analytics")["leadfacts"].find({})
    assert sorted(fact["status"] for fact in facts) == ["negotiating", "negotiating", "new"]
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.status_changed"}) == 2


def test_a_new_owner_is_told_as_such(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    other = "64f0000000000000000000bb"
    assert api.put(UPDATE, {"leadIds": [leads[0]["_id"]], "assignedTo": other}, as_=manager).status_code == 200
    assert api.get(f"/api/leads/{leads[0]['_id']}", as_=manager).json()["assignedTo"] == other
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.assigned"}) == 1


def test_unknown_foreign_and_repeated_ids_change_nothing(
    api: Api, manager: Caller, outsider: Caller, leads: list[dict[str, Any]]
) -> None:
    own = leads[0]["leadId"]
    for ids, caller in (
        ([own, "10000000-0000-4000-8000-0000000000ff"], manager),
        ([own, own], manager),
        ([own, leads[0]["_id"]], manager),
        ([own], outsider),
    ):
        answer = api.put(UPDATE, {"leadIds": ids, "status": "contacted"}, as_=caller)
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            "Some leads not found or do not belong to this tenant",
        )
    assert mongo("leads")["leads"].count_documents({"status": "new"}) == 3


def test_only_managers_may(api: Api, agent: Caller, manager: Caller, leads: list[dict[str, Any]]) -> None:
    assert api.post(CREATE, {"leads": []}, as_=agent).status_code == 403
    assert api.put(UPDATE, {"leadIds": []}, as_=agent).status_code == 403
    for body, text in (
        ({}, "each value in leadIds must be a UUID"),
        ({"leadIds": ["x"]}, "each value in leadIds must be a UUID"),
        ({"leadIds": [], "tenantId": "x"}, "property tenantId should not exist"),
    ):
        assert text in api.put(UPDATE, body, as_=manager).json()["message"]
