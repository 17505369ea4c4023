"""Pairs of buyers and properties, scored on request; access and limits of matches."""

from typing import Any

import pytest
from bson import ObjectId

from core.events.testing import deliver_all
from tests.buyers.test_buyers import create
from tests.buyers.test_matching import LEAD, hear, matches, no_broker
from tests.conftest import Api, Caller

__all__ = ["no_broker"]

MATCHING = "/api/buyers/matching"
WORST: dict[str, Any] = {"city": "Boston", "state": "MA", "preferredPropertyTypes": ["land"]}


def pairs(api: Api, caller: Caller, **criteria: Any) -> list[dict[str, Any]]:
    answer = api.post(MATCHING, criteria, as_=caller)
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert told["totalMatches"] == len(told["matches"])
    return list(told["matches"])


def test_the_best_pairs_come_first_with_reasons(api: Api, admin: Caller, outsider: Caller) -> None:
    best = create(api, admin)
    create(api, admin, city="Houston", investmentRange="0-50k")
    create(api, admin, **WORST)
    create(api, admin, isActive=False)
    hear()
    first, second = pairs(api, admin)
    assert (first["buyer"]["id"], first["matchScore"], first["estimatedInterest"]) == (best["id"], 0.9, "high")
    assert first["matchReasons"] == [
        "Matches preferred property type: single_family",
        "Price within budget range",
        "Same city: Austin",
    ]
    assert (second["matchScore"], second["estimatedInterest"]) == (0.5, "medium")
    assert pairs(api, outsider) == []


def test_the_same_city_and_the_hint_of_a_condition_are_a_pair_and_a_price_alone_is_none(
    api: Api, admin: Caller
) -> None:
    hear(condition="distressed")
    hint = create(api, admin, preferredPropertyTypes=["land"], investmentRange="0-50k", notes="buys DISTRESSED homes")
    create(api, admin, **WORST)
    assert [(pair["buyer"]["id"], pair["matchScore"]) for pair in pairs(api, admin)] == [(hint["id"], 0.3)]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"propertyType": "single_family", "minPrice": 200_000, "maxPrice": 200_000}, 1),
        ({"city": "aus", "state": "texas"}, 1),
        ({"minPrice": 0, "maxPrice": 0, "bedrooms": 0}, 1),
        ({"minPrice": 200_001}, 0),
        ({"maxPrice": 199_999}, 0),
        ({"propertyType": "land"}, 0),
        ({"city": "Dallas"}, 0),
        ({"state": "OK"}, 0),
        ({"condition": "good"}, 0),
        ({"bedrooms": 1}, 0),
    ],
)
def test_criteria_choose_the_properties(api: Api, admin: Caller, criteria: Any, found: int) -> None:
    create(api, admin)
    hear()
    assert len(pairs(api, admin, **criteria)) == found


def test_a_named_buyer_is_compared_even_if_inactive(api: Api, admin: Caller) -> None:
    named = create(api, admin, isActive=False)
    create(api, admin)
    hear()
    assert [pair["buyer"]["id"] for pair in pairs(api, admin, buyerId=named["id"])] == [named["id"]]
    assert api.post(MATCHING, {"buyerId": str(ObjectId())}, as_=admin).status_code == 404
    wrong = api.post(MATCHING, {"minPrice": "cheap", "colour": "red"}, as_=admin)
    assert (wrong.status_code, wrong.json()["message"][0]) == (400, "property colour should not exist")


def test_a_leads_buyers_in_the_documented_words(api: Api, admin: Caller, viewer: Caller, outsider: Caller) -> None:
    best = create(api, admin)
    create(api, admin, **WORST)
    hear()
    for lead_id in (LEAD, "10000000-0000-4000-8000-000000000001"):
        (match,) = api.post(f"/api/ai/leads/{lead_id}/match-buyers", as_=viewer).json()["matches"]
        assert (match["buyer_id"], match["buyer_name"], match["match_score"]) == (best["id"], best["companyName"], 90)
    path = f"/api/ai/leads/{LEAD}/match-buyers"
    assert api.post(path, as_=outsider).status_code == 404
    assert api.post(path).status_code == 401
    assert api.post(path, as_=Caller("stranger")).status_code == 403


def test_a_decision_is_in_the_buyers_history(api: Api, admin: Caller) -> None:
    buyer = create(api, admin)
    hear()
    (match,) = matches(api, admin)
    assert api.patch(f"/api/buyers/matches/{match['id']}", {"status": "contacted"}, as_=admin).status_code == 200
    latest = api.get(f"/api/buyers/{buyer['id']}/history", as_=admin).json()[0]
    assert (latest["type"], latest["changes"]["status"]) == (
        "match_status_changed",
        {"from": "pending", "to": "contacted"},
    )


def test_one_matchs_access_and_limits(api: Api, admin: Caller, settings: Any) -> None:
    create(api, admin)
    hear()
    deliver_all()
    (match,) = matches(api, admin)
    path = f"/api/buyers/matches/{match['id']}"
    assert api.patch(path, {"matchScore": 101}, as_=admin).status_code == 400
    for method, body in (("GET", None), ("PATCH", {"status": "accepted"})):
        assert api.request(method, path, body).status_code == 401
        assert api.request(method, path, body, as_=Caller("stranger")).status_code == 403
    settings.REQUESTS_PER_MINUTE = 1
    assert [api.get(path, as_=admin).status_code for _ in range(2)] == [200, 429]
    assert api.patch(path, {"status": "accepted"}, as_=admin).status_code == 429
    assert api.post(f"/api/ai/leads/{LEAD}/match-buyers", as_=admin).status_code == 429
