"""Matching: leads arrive as events, buyers change through the API, matches appear with reasons."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from core.events.envelope import sealed
from core.events.inbox import receive
from core.events.payloads import LeadSnapshot
from core.events.testing import deliver_all
from services.buyers.matching.rules import score
from tests.buyers.test_buyers import create
from tests.conftest import TENANT, Api, Caller

LEAD = str(ObjectId())
MOMENT = datetime(2026, 11, 24, tzinfo=UTC)
ELSEWHERE = {"city": "Boston", "state": "MA", "preferredPropertyTypes": ["land"]}
BOX: dict[str, list[str]] = {"states": [], "cities": [], "zipCodes": []}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.events.transport._captured", [])


def hear(version: int = 1, name: str = "lead.created", **changes: Any) -> None:
    fields = {
        "id": LEAD,
        "lead_id": "10000000-0000-4000-8000-000000000001",
        "status": "new",
        "source": "website",
        "priority": "medium",
        "first_name": "Nora",
        "last_name": "New",
        "city": "Austin",
        "state": "TX",
        "zip_code": "78701-1234",
        "property_types": ["single_family"],
        "estimated_value": 200_000.0,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **changes,
    }
    envelope = sealed(name, LeadSnapshot(**fields), entity_id=LEAD, version=version, tenant_id=TENANT)
    receive("buyers", [envelope])


def matches(api: Api, caller: Caller) -> list[dict[str, Any]]:
    return list(api.get("/api/buyers/matches", as_=caller).json())


def test_a_new_lead_finds_its_buyer_with_reasons(api: Api, admin: Caller) -> None:
    create(api, admin)
    create(api, admin, city="Boston", state="MA", preferredPropertyTypes=["land"])
    hear()
    (match,) = matches(api, admin)
    assert match["matchScore"] == 90
    assert match["quality"] == "high"
    assert match["matchReason"] == "Property type match, Price range match, Location match"
    assert match["scoreBreakdown"] == {"propertyType": 40, "price": 30, "location": 20, "condition": 0}
    assert "Same city: Austin" in match["matchReasons"]
    assert match["lead"]["firstName"] == "Nora"
    assert match["status"] == "pending"


def test_a_new_buyer_finds_the_leads_that_are_there(api: Api, admin: Caller) -> None:
    hear()
    assert matches(api, admin) == []
    create(api, admin)
    deliver_all()
    assert [match["matchScore"] for match in matches(api, admin)] == [90]


def test_a_price_that_fits_is_no_match_alone(api: Api, admin: Caller) -> None:
    hear()
    create(api, admin, **ELSEWHERE)
    deliver_all()
    assert matches(api, admin) == []


def test_a_decision_outlives_a_lead_that_fits_no_more(api: Api, admin: Caller) -> None:
    create(api, admin)
    create(api, admin)
    hear()
    decided, _ = matches(api, admin)
    api.patch(f"/api/buyers/matches/{decided['id']}", {"status": "accepted"}, as_=admin)
    hear(2, "lead.updated", city="Boston", state="MA", property_types=["land"])
    assert [(match["id"], match["status"]) for match in matches(api, admin)] == [(decided["id"], "accepted")]


def test_a_changed_lead_changes_its_matches(api: Api, admin: Caller) -> None:
    create(api, admin)
    hear()
    hear(2, "lead.updated", city="Dallas", property_types=["land"])
    assert [match["matchScore"] for match in matches(api, admin)] == [40]
    hear(3, "lead.updated", city="Boston", state="MA", property_types=["land"])
    assert matches(api, admin) == []


def test_an_older_event_changes_nothing(api: Api, admin: Caller) -> None:
    create(api, admin)
    hear(5)
    hear(4, "lead.updated", city="Boston", state="MA", property_types=["land"])
    assert [match["matchScore"] for match in matches(api, admin)] == [90]


@pytest.mark.parametrize("change", [{"deleted_at": MOMENT}, {"status": "closed_won"}])
def test_a_lead_that_is_over_has_no_open_matches(api: Api, admin: Caller, change: dict[str, Any]) -> None:
    create(api, admin)
    hear()
    hear(2, "lead.updated", **change)
    assert matches(api, admin) == []


@pytest.mark.parametrize("change", [{"deleted_at": MOMENT}, {"status": "closed_lost"}, {"status": "inactive"}])
def test_a_lead_that_is_over_is_offered_to_no_new_buyer(api: Api, admin: Caller, change: dict[str, Any]) -> None:
    hear(**change)
    create(api, admin)
    deliver_all()
    assert matches(api, admin) == []


@pytest.mark.parametrize(
    ("wish", "lead"),
    [
        ({"preferredPropertyTypes": ["multi_family"]}, {"property_types": ["duplex"]}),
        ({"state": "TX"}, {}),
        ({"buyBox": BOX | {"states": ["TX"]}}, {}),
        ({"buyBox": BOX | {"cities": ["Austin"]}}, {}),
        ({"buyBox": BOX | {"zipCodes": ["78701"]}}, {}),
    ],
)
def test_a_new_lead_finds_every_buyer_whom_a_new_buyer_would_be(
    api: Api, admin: Caller, wish: dict[str, Any], lead: dict[str, Any]
) -> None:
    """Buyers are looked up by what can match; the score of each lead would find them all."""
    create(api, admin, **(ELSEWHERE | wish))
    hear(**lead)
    assert len(matches(api, admin)) == 1


def test_the_best_buyers_of_a_lead_are_kept(api: Api, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.buyers.matching.actions.BEST_PER_LEAD", 2)
    for city in ("Dallas", "Austin", "Houston", "Austin"):
        create(api, admin, city=city)
    hear()
    assert [match["matchScore"] for match in matches(api, admin)] == [90, 90]


def test_an_inactive_buyer_is_not_offered_leads(api: Api, admin: Caller) -> None:
    buyer = create(api, admin)
    hear()
    api.put(f"/api/buyers/{buyer['id']}", {"isActive": False}, as_=admin)
    deliver_all()
    assert matches(api, admin) == []
    hear(2, "lead.updated")
    assert matches(api, admin) == []


def test_a_decision_outlives_a_new_calculation(api: Api, admin: Caller) -> None:
    create(api, admin)
    hear()
    path = f"/api/buyers/matches/{matches(api, admin)[0]['id']}"
    decided = api.patch(path, {"status": "accepted", "matchScore": 55, "note": "call"}, as_=admin).json()
    assert (decided["status"], decided["matchScore"], decided["isManualOverride"]) == ("accepted", 55, True)
    hear(2, "lead.updated", city="Dallas")
    after = api.get(path, as_=admin).json()
    assert (after["status"], after["matchScore"]) == ("accepted", 55)
    events = mongo("buyers")["outboxevents"].count_documents({"name": "buyer.match.updated"})
    assert events == 1


def test_matches_of_another_tenant_do_not_exist(api: Api, admin: Caller, outsider: Caller) -> None:
    buyer = create(api, admin)
    hear()
    path = f"/api/buyers/matches/{matches(api, admin)[0]['id']}"
    assert api.get(path, as_=outsider).status_code == 404
    assert api.patch(path, {"status": "accepted"}, as_=outsider).status_code == 404
    assert api.get(f"/api/buyers/{buyer['id']}/matches", as_=outsider).status_code == 404
    assert matches(api, outsider) == []


def test_filters_pages_and_counters(api: Api, admin: Caller) -> None:
    create(api, admin, companyName="Find Me")
    create(api, admin, city="Dallas")
    hear()
    assert len(api.get("/api/buyers/matches?quality=high", as_=admin).json()) == 1
    assert len(api.get("/api/buyers/matches?search=find", as_=admin).json()) == 1
    assert len(api.get(f"/api/buyers/matches?leadId={LEAD}", as_=admin).json()) == 2
    page = api.get("/api/buyers/matches?limit=1", as_=admin).json()
    assert (len(page["matches"]), page["pagination"]["total"]) == (1, 2)
    stats = api.get("/api/buyers/matches/stats", as_=admin).json()
    assert (stats["totalMatches"], stats["highQuality"], stats["pending"]) == (2, 1, 2)


def test_generating_is_repeatable(api: Api, admin: Caller) -> None:
    create(api, admin)
    hear()
    first = matches(api, admin)
    answer = api.post("/api/buyers/matches/generate", {}, as_=admin)
    assert answer.status_code == 200
    assert [match["id"] for match in answer.json()["matches"]] == [match["id"] for match in first]
    assert answer.json()["created"] == 0


LEAD_FACTS = {"propertyTypes": ["single_family"], "estimatedValue": 200_000, "city": "Austin", "state": "TX"}


@pytest.mark.parametrize(
    ("buyer", "lead", "points"),
    [
        ({"preferredPropertyTypes": ["single_family"]}, {}, 40),
        ({"preferredPropertyTypes": ["multi_family"]}, {"propertyTypes": ["duplex"]}, 40),
        ({"investmentRange": "100k-250k"}, {}, 30),
        ({"investmentRange": "100k-250k"}, {"estimatedValue": 250_001}, 0),
        ({"investmentRange": "500k+"}, {"estimatedValue": 500_000}, 0),
        ({"investmentRange": "500k+"}, {"estimatedValue": 500_001}, 30),
        ({"investmentRange": "100k-250k"}, {"estimatedValue": None}, 0),
        ({"city": "austin"}, {}, 20),
        ({"state": "tx"}, {}, 10),
        ({"buyBox": {"cities": ["Austin"]}}, {}, 20),
        ({"buyBox": {"zipCodes": ["78701"]}}, {"zipCode": "78701-1"}, 20),
        ({"buyBox": {"states": ["TX"]}}, {}, 10),
        ({"notes": "Distressed only"}, {"condition": "distressed"}, 10),
        ({"notes": "turnkey"}, {"condition": "excellent"}, 10),
        ({"notes": "turnkey"}, {"condition": "distressed"}, 0),
        ({}, {}, 0),
    ],
)
def test_points_per_criterion(buyer: dict[str, Any], lead: dict[str, Any], points: int) -> None:
    assert score(buyer, LEAD_FACTS | lead).total == points
