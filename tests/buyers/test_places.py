"""Buyers by the places where they buy, their preferences and their history."""

from typing import Any

import pytest

from services.buyers.buyers.places import Place, covers, place_of
from tests.buyers.test_buyers import create
from tests.conftest import Api, Caller

PLACES = "/api/buyers/search-by-location"


def found(api: Api, caller: Caller, **query: str) -> Any:
    asked = "&".join(f"{name}={text}" for name, text in query.items())
    answer = api.get(f"{PLACES}?{asked}", as_=caller)
    assert answer.status_code == 200, answer.json()
    return answer.json()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("1 Main St, Austin, TX, 78701-1234", Place("Austin", "TX", "78701")),
        ("Chicago, IL 60601", Place("", "", "60601")),
        ("il", Place("", "IL", "")),
        ("12345 Elm St, Dallas, tx", Place("Dallas", "TX", "12345")),
        ("", Place()),
    ],
)
def test_what_an_address_says(address: str, place: Place) -> None:
    assert place_of("", "", "", address) == place
    assert place_of(" Waco ", "texas", "7 6 7 0 1-99", address) == Place("Waco", "TE", "76701")


def test_all_that_is_named_must_hold_and_a_box_wins_over_a_home() -> None:
    box: Any = {"city": "Miami", "state": "FL", "buyBox": {"cities": ["Austin"], "states": ["TX"], "zipCodes": []}}
    assert covers(box, Place("North Austin", "TX"))
    assert not covers(box, Place("Miami", "FL"))
    assert not covers(box, Place("Austin", "TX", "78701"))
    home: Any = {"city": "Miami", "state": "FL", "zipCode": "33101"}
    assert covers(home, Place("miami", "FL", "33101"))
    assert not covers(home, Place("Mia"))
    assert covers(home, Place())


def test_active_buyers_of_a_place_are_found(api: Api, admin: Caller, outsider: Caller) -> None:
    texan = create(api, admin, buyBox={"zipCodes": ["78701"], "states": ["TX"], "cities": ["Austin"]})
    home = create(api, admin, city="Dallas", zipCode="75201")
    create(api, admin, isActive=False)
    create(api, outsider)
    assert [one["id"] for one in found(api, admin, zipCode="78701-0001")["buyers"]] == [texan["id"]]
    assert [one["id"] for one in found(api, admin, address="9 Oak, Dallas, TX")["buyers"]] == [home["id"]]
    everyone = found(api, admin)
    assert (everyone["total"], everyone["searchParams"]) == (2, {})
    assert found(api, admin, city="dallas", state="tx")["searchParams"] == {"city": "dallas", "state": "TX"}


def test_preferences_change_in_part_and_tell_history(api: Api, manager: Caller, viewer: Caller) -> None:
    buyer = create(api, manager)
    path = f"/api/buyers/{buyer['id']}/preferences"
    wanted = {"conditions": ["distressed"], "fundingType": "cash", "priceRange": {"min": 10, "max": 20}}
    assert api.put(path, wanted, as_=viewer).status_code == 403
    changed = api.put(
        path, {**wanted, "buyBox": {"zipCodes": ["78701"], "states": ["texas"], "cities": []}}, as_=manager
    )
    assert changed.status_code == 200, changed.json()
    assert changed.json()["buyBox"] == {"zipCodes": ["78701"], "states": ["TX"], "cities": []}
    assert api.put(path, {"notes": "pays quickly"}, as_=manager).status_code == 200
    kept = api.get(path, as_=viewer).json()
    assert {name: kept[name] for name in wanted} == wanted
    assert kept["notes"] == "pays quickly"
    api.put(f"/api/buyers/{buyer['id']}", {"isActive": False}, as_=manager)
    api.put(f"/api/buyers/{buyer['id']}", {"companyName": "New Name"}, as_=manager)
    api.put(f"/api/buyers/{buyer['id']}", {"companyName": "New Name"}, as_=manager)
    told = api.get(f"/api/buyers/{buyer['id']}/history", as_=viewer).json()
    assert [one["type"] for one in told] == [
        "updated",
        "status_changed",
        "preferences_changed",
        "preferences_changed",
        "created",
    ]
    assert told[0]["changes"] == {"companyName": {"from": buyer["companyName"], "to": "New Name"}}
    assert {one["userId"] for one in told} == {manager.user_id}
    assert len(api.get(f"/api/buyers/{buyer['id']}/history?limit=2", as_=viewer).json()) == 2


def test_a_deleted_buyer_still_has_a_history(api: Api, admin: Caller, outsider: Caller) -> None:
    path = f"/api/buyers/{create(api, admin)['id']}"
    assert api.delete(path, as_=admin).status_code == 204
    assert [one["type"] for one in api.get(f"{path}/history", as_=admin).json()] == ["deleted", "created"]
    assert api.get(f"{path}/history", as_=outsider).status_code == 404


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"priceRange": {"min": 2, "max": 1}}, "priceRange.min must not be greater than priceRange.max"),
        ({"conditions": ["ugly"]}, "each value in conditions must be one of excellent, good, fair, poor, distressed"),
        ({"fundingType": "gold"}, "fundingType must be one of the following values"),
        ({"price": 1}, "property price should not exist"),
    ],
)
def test_bad_preferences_are_told_by_name(api: Api, manager: Caller, sent: Any, told: str) -> None:
    answer = api.put(f"/api/buyers/{create(api, manager)['id']}/preferences", sent, as_=manager)
    assert answer.status_code == 400
    assert answer.json()["message"][0].startswith(told)
