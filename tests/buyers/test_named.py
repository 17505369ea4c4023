"""States of buyers, and searches that name one of them."""

from typing import Any
from urllib.parse import urlencode

import pytest

from core.documents.driver import database as mongo
from tests.buyers.test_buyers import body, create
from tests.conftest import Api, Caller
from tests.test_costs import costs, fill

FAULT = "state must be a two-letter code"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("Arizona", "AZ"), ("Maine", "ME"), ("Missouri", "MO"), ("n. dakota", "ND"), ("tx", "TX"), ("", "")],
)
def test_a_state_by_name_becomes_its_code(api: Api, manager: Caller, sent: str, stored: str) -> None:
    box = {"zipCodes": [], "states": [sent, "Texas", "TX", stored], "cities": []}
    buyer = create(api, manager, state=sent, buyBox=box)
    assert buyer["state"] == stored
    assert buyer["buyBox"]["states"] == list(dict.fromkeys(code for code in (stored, "TX") if code))
    changed = api.put(f"/api/buyers/{buyer['id']}", {"state": sent, "buyBox": box}, as_=manager).json()
    assert (changed["state"], changed["buyBox"]) == (buyer["state"], buyer["buyBox"])


@pytest.mark.parametrize("state", ["Ontario", "ON", "Texarkana", "T", "  ", 7])
def test_what_is_no_state_is_refused(api: Api, manager: Caller, state: Any) -> None:
    buyer = create(api, manager)
    for method, path, more in (("POST", "/api/buyers", body()), ("PUT", f"/api/buyers/{buyer['id']}", {})):
        answer = api.request(method, path, {**more, "state": state}, as_=manager)
        assert answer.status_code == 400
        assert answer.json()["message"][0] == (FAULT if isinstance(state, str) else "state must be a string")
        if state != "  ":
            box = {"zipCodes": [], "states": ["TX", state], "cities": []}
            answer = api.request(method, path, {**more, "buyBox": box}, as_=manager)
            assert (answer.status_code, answer.json()["message"]) == (
                400,
                ["buyBox.each value in states must be a two-letter code"],
            )
    assert mongo("buyers")["buyers"].count_documents({}) == 1


@pytest.mark.parametrize("query", ["state=Arizona", "state=az", "locations=Arizona", "locations=Maine,arizona"])
def test_lists_are_filtered_by_name_or_code(api: Api, manager: Caller, query: str) -> None:
    box = {"zipCodes": [], "states": ["AZ"], "cities": []}
    buyer = create(api, manager, state="AZ", buyBox=box)
    create(api, manager)
    assert [found["id"] for found in api.get(f"/api/buyers?{query}", as_=manager).json()] == [buyer["id"]]
    if query.startswith("state"):
        found = api.get(f"/api/buyers/search?{query}", as_=manager).json()
        assert [one["id"] for one in found["buyers"]] == [buyer["id"]]


@pytest.mark.parametrize(
    "search",
    ["(512) 555-0101", "5125550101", "+1 512.555.0101", "555-0101", "Ada+Deals@example.com", "ada deals@EXAMPLE.com"],
)
def test_who_is_named_comes_first(api: Api, manager: Caller, outsider: Caller, search: str) -> None:
    ada = create(api, manager, companyName="Zebra", email="ada+deals@Example.com", phone="512/555 0101")
    create(api, manager, companyName="Apple", email="not-ada+deals@example.com", phone="5125550102")
    create(api, manager, companyName="Berry", notes="(512) 555-0101 or 5125550101 is not theirs")
    for path, name in (("/api/buyers", "search"), ("/api/buyers/search", "query")):
        found = api.get(f"{path}?{urlencode({name: search})}", as_=manager).json()
        listed = [one["id"] for one in (found if isinstance(found, list) else found["buyers"])]
        assert listed[0] == ada["id"]
        assert len(set(listed)) == len(listed)
        paged = api.get(f"{path}?{urlencode({name: search, 'limit': 1, 'page': 2})}", as_=manager).json()["buyers"]
        assert [one["id"] for one in paged] == listed[1:2]
        nobody = api.get(f"{path}?{urlencode({name: search})}", as_=outsider).json()
        assert nobody in ([], {"buyers": [], "total": 0, "page": 1, "limit": 20})
    inactive = api.get(f"/api/buyers?{urlencode({'search': search, 'isActive': 'false'})}", as_=manager).json()
    assert inactive == []


@pytest.mark.parametrize("search", ["(512) 555-0101", "555-0101", "ada+deals@example.com"])
def test_naming_a_buyer_fetches_no_other(api: Api, manager: Caller, search: str) -> None:
    create(api, manager, phone="214-555-9999")
    fill("buyers", "buyers", {"emailKey": str})
    create(api, manager, email="ada+deals@example.com", phone="512-555-0101")
    with costs("buyers") as found:
        api.get(f"/api/buyers?{urlencode({'search': search, 'limit': 5})}", as_=manager)
    assert found[0]["docsExamined"] == 1, found[0]["planSummary"]
