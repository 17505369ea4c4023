"""Buyer records through the API."""

import uuid
from typing import Any

import pytest

from core.documents.driver import database as mongo
from tests.conftest import Api, Caller


def body(**changes: Any) -> dict[str, Any]:
    number = uuid.uuid4().int % 10_000
    return {
        "companyName": f"Company {number:04}",
        "contactName": "Con Tact",
        "email": f"b{uuid.uuid4().hex[:8]}@buyers.test",
        "phone": "512-555-0100",
        "city": "Austin",
        "state": "TX",
        **changes,
    }


def create(api: Api, caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/buyers", body(**changes), as_=caller)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def test_a_new_buyer_has_every_required_key(api: Api, manager: Caller) -> None:
    buyer = create(api, manager)
    assert (buyer["buyerType"], buyer["investmentRange"]) == ("individual", "100k-250k")
    assert buyer["preferredPropertyTypes"] == ["single_family"]
    assert (buyer["address"], buyer["zipCode"], buyer["notes"]) == ("", "", "")
    assert buyer["isActive"] is True
    assert buyer["id"] == buyer["_id"]
    assert "rev" not in buyer
    assert "emailKey" not in buyer


def test_blanks_are_no_name(api: Api, manager: Caller) -> None:
    path = f"/api/buyers/{create(api, manager)['id']}"
    refused = api.put(path, {"companyName": "  ", "contactName": "\t"}, as_=manager)
    assert refused.json()["message"] == ["companyName should not be empty", "contactName should not be empty"]
    answer = api.post("/api/buyers", {"name": " ", "email": "x@y.test"}, as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, ["name should not be empty"])


def test_the_later_clients_words_are_understood(api: Api, manager: Caller) -> None:
    alias = {"name": "Ann", "company": "Ann LLC", "email": "ann@x.yz", "property_types": ["condo"], "is_active": False}
    buyer = api.post("/api/buyers", alias, as_=manager).json()
    assert (buyer["contactName"], buyer["companyName"]) == ("Ann", "Ann LLC")
    assert (buyer["preferredPropertyTypes"], buyer["isActive"]) == (["condo"], False)


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("admin", (201, 200, 200, 204)),
        ("manager", (201, 200, 200, 403)),
        ("dispositions", (201, 200, 200, 403)),
        ("user", (403, 200, 200, 403)),
        ("viewer", (403, 200, 403, 403)),
    ],
)
def test_who_may_what(api: Api, admin: Caller, role: str, codes: tuple[int, ...]) -> None:
    caller, path = Caller(role), f"/api/buyers/{create(api, admin)['id']}"
    answers = (
        api.post("/api/buyers", body(), as_=caller),
        api.get(path, as_=caller),
        api.put(path, {"notes": "n"}, as_=caller),
        api.delete(path, as_=caller),
    )
    assert tuple(answer.status_code for answer in answers) == codes


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_buyers_of_another_tenant_do_not_exist(api: Api, admin: Caller, outsider: Caller, method: str) -> None:
    path = f"/api/buyers/{create(api, admin)['id']}"
    assert api.request(method, path, {} if method == "PUT" else None, as_=outsider).status_code == 404
    assert api.get("/api/buyers", as_=outsider).json() == []


def test_the_same_address_is_refused_while_its_buyer_lives(api: Api, admin: Caller) -> None:
    buyer = create(api, admin, email="One@Buyers.test")
    again = api.post("/api/buyers", body(email="one@buyers.TEST"), as_=admin)
    assert (again.status_code, again.json()["message"]) == (409, "Buyer with this email already exists")
    other = create(api, admin)
    assert api.put(f"/api/buyers/{other['id']}", {"email": "one@buyers.test"}, as_=admin).status_code == 409
    api.delete(f"/api/buyers/{buyer['id']}", as_=admin)
    create(api, admin, email="one@buyers.test")


def test_the_list_is_an_array_until_a_page_is_asked_for(api: Api, admin: Caller) -> None:
    for city in ("Austin", "Dallas", "Austin"):
        create(api, admin, city=city)
    assert len(api.get("/api/buyers?city=aus", as_=admin).json()) == 2
    page = api.get("/api/buyers?limit=2&page=2", as_=admin).json()
    assert len(page["buyers"]) == 1
    assert page["pagination"] == {
        "page": 2,
        "limit": 2,
        "total": 3,
        "total_pages": 2,
        "has_next": False,
        "has_prev": True,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("buyerType=investor", 1),
        ("buyerType=all", 2),
        ("isActive=false", 1),
        ("search=one", 1),
        ("search=(", 0),
        ("property_types=land,condo", 1),
        ("price_range_min=300000", 1),
        ("locations=78701", 1),
        ("state=tx&isActive=true", 1),
    ],
)
def test_filters(api: Api, admin: Caller, query: str, count: int) -> None:
    create(
        api, admin, companyName="One", buyerType="investor", buyBox={"zipCodes": ["78701"], "states": [], "cities": []}
    )
    create(
        api,
        admin,
        companyName="Two",
        isActive=False,
        preferredPropertyTypes=["land"],
        investmentRange="250k-500k",
        state="",
    )
    assert len(api.get(f"/api/buyers?{query}", as_=admin).json()) == count


def test_search_sorts_by_company_and_survives_bad_pages(api: Api, admin: Caller) -> None:
    for name in ("Beta", "alpha", "Gamma"):
        create(api, admin, companyName=name)
    answer = api.get("/api/buyers/search?page=x&limit=-3&query=a", as_=admin).json()
    assert (answer["total"], answer["page"], answer["limit"]) == (3, 1, 20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hacker": 1}, "property hacker should not exist"),
        ({"email": "nope"}, "email must be an email"),
        ({"companyName": ""}, "companyName should not be empty"),
        ({"companyName": "  "}, "companyName should not be empty"),
        ({"phone": "123"}, "phone must be longer than or equal to 10 characters"),
        ({"investmentRange": "1"}, "investmentRange must be one of the following values: "),
        ({"zipCode": "1"}, "zipCode must be a valid ZIP code"),
    ],
)
def test_bad_bodies_are_refused_by_name(api: Api, admin: Caller, change: dict[str, Any], message: str) -> None:
    answer = api.post("/api/buyers", body(**change), as_=admin)
    assert answer.status_code == 400
    assert any(text.startswith(message) for text in answer.json()["message"])
    assert mongo("buyers")["buyers"].count_documents({}) == 0


def test_statistics(api: Api, admin: Caller) -> None:
    create(api, admin, buyerType="company", investmentRange="0-50k")
    create(api, admin, isActive=False)
    stats = api.get("/api/buyers/stats", as_=admin).json()
    assert (stats["totalBuyers"], stats["activeBuyers"], stats["inactiveBuyers"]) == (2, 1, 1)
    assert stats["buyerTypeDistribution"] == {"individual": 1, "company": 1, "investor": 0}
    assert stats["averageBuyerValue"] == 100_000
    assert stats["topCities"] == [{"city": "Austin", "state": "TX", "count": 2}]
    assert stats["recentActivity"] == {"last7Days": 2, "last30Days": 2, "last90Days": 2}
    assert len(stats["monthlyGrowth"]) == 12
    assert stats["monthlyGrowth"][-1]["count"] == 2


def test_an_empty_tenant_has_zeros(api: Api, admin: Caller) -> None:
    stats = api.get("/api/buyers/stats", as_=admin).json()
    assert stats["totalBuyers"] == 0
    assert stats["averageBuyerValue"] == 0
