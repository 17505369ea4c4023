"""A search for somebody's number or address finds that lead first; ends of periods; states."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from core.documents.driver import database as mongo
from tests.conftest import Api, Caller
from tests.leads.test_leads import body, create
from tests.leads.test_transfer import exported
from tests.test_costs import costs, fill

ADDRESS = {"street": "1 Main St", "city": "Austin", "state": "TX", "zipCode": "78701"}


def searched(api: Api, as_: Caller, search: str, **more: Any) -> list[str]:
    answer = api.get(f"/api/leads?{urlencode({'search': search, **more})}", as_=as_)
    assert answer.status_code == 200, answer.json()
    return [lead["leadId"] for lead in answer.json()["leads"]]


def _filters(**filters: Any) -> str:
    return urlencode({"filters": json.dumps(filters)})


@pytest.fixture
def crowd(api: Api, manager: Caller) -> list[dict[str, Any]]:
    """Three people of one area and one mail provider; the first is the oldest."""
    contacts = [
        {"email": "Ada+Deals@Example.com", "phone": "(512) 555-0101"},
        {"email": "bob@example.com", "phone": "512-555-0102"},
        {"email": "deals@example.com", "phone": "5125550103"},
    ]
    return [create(api, manager, contactInfo=contact) for contact in contacts]


@pytest.mark.parametrize(
    "search",
    [
        "(512) 555-0101",
        "5125550101",
        "512.555.0101",
        "+1 512 555 0101",
        "1-512-555-0101",
        " 512/555 0101 ",
        "ada+deals@example.com",
        "ADA+DEALS@EXAMPLE.COM",
        " Ada+Deals@Example.com",
        "ada deals@example.com",
    ],
)
def test_who_is_named_comes_first(api: Api, manager: Caller, crowd: list[dict[str, Any]], search: str) -> None:
    found = searched(api, manager, search)
    assert found[0] == crowd[0]["leadId"]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("phone", ["(512) 555-0101", "+1-512-555-0101", "512.555.0101"])
def test_a_lead_of_the_old_system_is_found_too(api: Api, manager: Caller, crowd: list[Any], phone: str) -> None:
    key = {"leadId": crowd[0]["leadId"]}
    contact = {"contactInfo.phone": phone, "contactInfo.email": "old@example.com"}
    mongo("leads")["leads"].update_one(key, {"$set": contact, "$unset": {"emailKey": "", "phoneKey": ""}})
    for search in ("5125550101", "(512) 555 0101", "old@example.com", "OLD@example.com"):
        assert searched(api, manager, search)[0] == crowd[0]["leadId"]


def test_filters_pages_and_totals_hold_for_the_named_one_too(api: Api, manager: Caller, crowd: list[Any]) -> None:
    search = "ada+deals@example.com"
    everybody = searched(api, manager, search)
    assert [searched(api, manager, search, limit=1, page=page) for page in (1, 2, 3, 4)] == [
        [one] for one in everybody
    ] + [[]]
    answer = api.get(f"/api/leads?{urlencode({'search': search, 'limit': 1})}", as_=manager).json()
    assert answer["total"] == len(everybody) == 3
    assert crowd[0]["leadId"] not in searched(api, manager, search, status="contacted")
    assert searched(api, manager, "Nora") == [lead["leadId"] for lead in reversed(crowd)]


def test_another_tenants_person_is_not_found(api: Api, outsider: Caller, crowd: list[Any]) -> None:
    assert searched(api, outsider, "5125550101") == searched(api, outsider, "ada+deals@example.com") == []


def test_an_export_finds_who_is_named(api: Api, manager: Caller, crowd: list[Any]) -> None:
    rows = exported(api, manager, f"?fields=email&{_filters(search='+1 512 555 0101')}")
    assert rows[1] == ["Ada+Deals@Example.com"]


@pytest.mark.parametrize(
    ("search", "statements"), [("(512) 555-0101", 2), ("555-0101", 1), ("ada+deals@example.com", 3), ("Zed", 1)]
)
def test_naming_a_lead_costs_one_statement_more(api: Api, manager: Caller, search: str, statements: int) -> None:
    create(api, manager, contactInfo={"email": "zed@other.test", "phone": "2145559999"})
    fill("leads", "leads", {"leadId": str, "emailKey": str, "phoneKey": str})
    create(api, manager, contactInfo={"email": "ada+deals@example.com", "phone": "(512) 555-0101"})
    with costs("leads") as found:
        searched(api, manager, search, limit=5)
    named = [one for one in found if "$or" in str(one["command"].get("filter"))]
    assert len(named) == (search not in ("Zed", "555-0101"))
    assert all(one["docsExamined"] <= 2 for one in named), named
    assert len(found) <= statements


# -- ends of periods -----------------------------------------------------------------------------------------------
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("createdBefore=2026-11-27", 1),
        ("dateTo=2026-11-27", 1),
        ("dateFrom=2026-11-27&dateTo=2026-11-27", 1),
        ("dateTo=2026-11-26", 0),
        ("dateTo=2026-11-27T11:59:59Z", 0),
        ("dateTo=2026-11-27T12:00:00Z", 1),
        ("dateTo=2026-11-27T13:30%2B02:00", 0),
        ("lastContactBefore=2026-11-27", 1),
        ("lastContactBefore=2026-11-26", 0),
        ("nextFollowUpBefore=2026-11-27", 1),
        ("nextFollowUpBefore=2026-11-27T00:00", 0),
        ("dateTo=9999-12-31", 1),
    ],
)
def test_a_day_belongs_to_the_period_that_ends_with_it(api: Api, manager: Caller, query: str, count: int) -> None:
    create(api, manager)
    moments = dict.fromkeys(("createdAt", "lastContactDate", "nextFollowUpDate"), NOON)
    mongo("leads")["leads"].update_many({}, {"$set": moments})
    assert api.get(f"/api/leads?{query}", as_=manager).json()["total"] == count


def test_an_export_includes_the_last_day_too(api: Api, manager: Caller) -> None:
    create(api, manager)
    mongo("leads")["leads"].update_many({}, {"$set": {"createdAt": NOON}})
    for day, code in (("2026-11-27", 200), ("2026-11-26", 204)):
        answer = api.get(f"/api/leads/import-export/export?{_filters(dateTo=day)}", as_=manager)
        assert answer.status_code == code


# -- states --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("sent", "stored"), [("Arizona", "AZ"), ("N. Carolina", "NC"), ("tx", "TX"), ("TX", "TX")])
def test_a_state_by_name_becomes_its_code(api: Api, manager: Caller, sent: str, stored: str) -> None:
    address = {**ADDRESS, "state": sent}
    lead = create(api, manager, contactInfo={"address": address}, location={"state": sent})
    assert lead["contactInfo"]["address"] == {**ADDRESS, "state": stored}
    assert lead["location"] == {"state": stored}
    path = f"/api/leads/{lead['leadId']}"
    contact = {**lead["contactInfo"], "address": address}
    assert api.put(path, {"contactInfo": contact}, as_=manager).json()["contactInfo"]["address"]["state"] == stored
    several = api.post("/api/leads/bulk/create", {"leads": [body(contactInfo={"address": address})]}, as_=manager)
    assert several.json()[0]["contactInfo"]["address"]["state"] == stored
    change = {"leadIds": [lead["_id"]], "data": {"contactInfo": contact}}
    assert api.post("/api/leads/bulk/update", change, as_=manager).json()["success"]
    assert api.get(path, as_=manager).json()["contactInfo"]["address"]["state"] == stored


@pytest.mark.parametrize("state", ["Ontario", "ON", "Texarkana", "Te", 7])
def test_what_is_no_state_is_refused(api: Api, manager: Caller, state: Any) -> None:
    lead = create(api, manager)
    contact = {**lead["contactInfo"], "address": {**ADDRESS, "state": state}}
    fault = {"field": "address.state", "message": "State must be a two-letter code", "code": "INVALID_STATE"}
    new = api.post("/api/leads", body(contactInfo={"address": contact["address"]}), as_=manager)
    changed = api.put(f"/api/leads/{lead['leadId']}", {"contactInfo": contact}, as_=manager)
    for answer in (new, changed):
        assert (answer.status_code, answer.json()["errors"]) == (400, [fault])
    many = api.post("/api/leads/bulk/update", {"leadIds": [lead["_id"]], "data": {"contactInfo": contact}}, as_=manager)
    assert (many.status_code, many.json()["message"]) == (400, f"Bulk operation failed: {fault['message']}")
    assert "address" not in api.get(f"/api/leads/{lead['leadId']}", as_=manager).json()["contactInfo"]


def test_elsewhere_states_are_as_sent(api: Api, manager: Caller) -> None:
    address = {**ADDRESS, "state": "Ontario", "country": "Canada"}
    assert create(api, manager, contactInfo={"address": address})["contactInfo"]["address"] == address
    # Where a visitor was is no address of anybody: the contract checks only that it is an object.
    where = {"state": "Bavaria", "country": "US"}
    assert api.post("/api/leads", body(location=where), as_=manager).json()["location"] == where


def test_an_old_lead_keeps_its_state(api: Api, manager: Caller) -> None:
    lead = create(api, manager, contactInfo={"address": ADDRESS})
    key = {"leadId": lead["leadId"]}
    mongo("leads")["leads"].update_one(key, {"$set": {"contactInfo.address.state": "Tejas"}})
    contact = {**lead["contactInfo"], "firstName": "Nina", "address": {**ADDRESS, "state": "Tejas"}}
    answer = api.put(f"/api/leads/{lead['leadId']}", {"contactInfo": contact}, as_=manager)
    assert (answer.status_code, answer.json()["contactInfo"]["firstName"]) == (200, "Nina")
