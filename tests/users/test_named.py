"""Searches that name one person, states of addresses, and ends of periods."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from tests.conftest import Api, Caller
from tests.users.test_people import BODY, person

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
ADDRESS = {"street": "1 Main St", "city": "Austin", "state": "Texas", "zipCode": "78701"}


def found(api: Api, as_: Caller, **query: Any) -> list[str]:
    answer = api.get(f"/api/users?{urlencode(query)}", as_=as_)
    assert answer.status_code == 200, answer.json()
    return [str(one["_id"]) for one in answer.json()["data"]["users"]]


@pytest.mark.parametrize(
    "search", ["ada@acme.test", "ADA@ACME.TEST", "(512) 555-0101", "5125550101", "+1 512 555 0101"]
)
def test_who_is_named_comes_first(api: Api, admin: Caller, outsider: Caller, search: str) -> None:
    ada = person(email="ada@acme.test", profile={"phone": "+1 512-555-0101"})
    other = person(email="canada@acme.test", profile={"bio": "5125550101, (512) 555-0101 or +1 512 555 0101"})
    listed = found(api, admin, search=search)
    assert listed[0] == ada.user_id
    assert set(listed) <= {ada.user_id, other.user_id}
    assert (
        len(listed)
        == api.get(f"/api/users?{urlencode({'search': search})}", as_=admin).json()["data"]["pagination"]["total"]
    )
    assert found(api, admin, search=search, limit=1, page=2) == listed[1:]
    assert found(api, admin, search=search, status="suspended") == found(api, outsider, search=search) == []


@pytest.mark.parametrize(("name", "field"), [("createdBefore", "createdAt"), ("lastActiveBefore", "lastActiveAt")])
def test_a_day_belongs_to_the_period_that_ends_with_it(api: Api, admin: Caller, name: str, field: str) -> None:
    person(**{field: NOON})
    ends = ("2026-11-26", "2026-11-27", "2026-11-27T11:00:00Z", "2026-11-27T12:00:00Z")
    assert [len(found(api, admin, **{name: end})) for end in ends] == [0, 1, 0, 1]


def test_activities_of_the_last_day_count(api: Api, admin: Caller) -> None:
    entry = {
        "type": "login",
        "severity": "low",
        "description": "x",
        "performedAt": NOON,
        "isSystemEvent": False,
        "createdAt": NOON,
        "updatedAt": NOON,
    }
    ids = {
        "tenantId": ObjectId(admin.tenant_id),
        "userId": ObjectId(admin.user_id),
        "performedBy": ObjectId(admin.user_id),
    }
    mongo("users")["useractivities"].insert_one({**entry, **ids})
    for end, count in (("2026-11-26", 0), ("2026-11-27", 1), ("2026-11-27T11:00:00Z", 0)):
        answer = api.get(f"/api/users/activity/search?endDate={end}", as_=admin).json()
        assert answer["data"]["pagination"]["total"] == count
        period = {"startDate": "2026-11-01", "endDate": end, "format": "csv"}
        exported = api.post("/api/users/activity/export", period, as_=admin)
        assert ("login" in exported.content.decode()) == bool(count)


def test_a_state_by_name_becomes_its_code_or_is_refused(api: Api, admin: Caller, operator: Caller) -> None:
    created = api.post("/api/users", {**BODY, "profile": {"address": ADDRESS}}, as_=admin).json()["data"]["user"]
    path = f"/api/users/{created['_id']}"
    assert api.get(path, as_=admin).json()["data"]["user"]["profile"]["address"]["state"] == "TX"
    refused = api.put(path, {"profile": {"address": {**ADDRESS, "state": "Texarkana"}}}, as_=admin)
    assert refused.status_code == 400
    assert refused.json()["message"] == ["profile.address.state must be a two-letter code"]
    elsewhere = {"profile": {"address": {**ADDRESS, "state": "Bavaria", "country": "Germany"}}}
    assert api.put(path, elsewhere, as_=admin).status_code == 200
    tenant = {"name": "New Co", "subdomain": "newco", "address": {**ADDRESS, "country": "USA"}}
    answer = api.post("/api/tenants", tenant, as_=operator)
    assert (answer.status_code, answer.json()["address"]["state"]) == (201, "TX"), answer.json()
