"""Several buyers at once, exports, analytics, and the limits of all routes."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from tests.buyers.test_buyers import create
from tests.conftest import Api, Caller

BULK, EXPORT = "/api/buyers/bulk", "/api/buyers/export"


def bulk(api: Api, caller: Caller, operation: str, **data: Any) -> Any:
    return api.post(BULK, {"operation": operation, "data": data}, as_=caller)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def test_several_change_at_once_and_unknown_ids_are_told(api: Api, admin: Caller, outsider: Caller) -> None:
    ours, theirs = [create(api, admin)["id"] for _ in range(3)], create(api, outsider)["id"]
    unknown = [theirs, str(ObjectId()), "no id"]
    answer = bulk(api, admin, "bulkUpdate", buyerIds=[*ours, ours[0], *unknown], updates={"city": "Waco"})
    assert answer.json() == {
        "success": True,
        "message": "3 buyers updated",
        "updatedCount": 3,
        "errors": [f"Buyer {buyer_id} not found" for buyer_id in unknown],
    }
    assert {one["city"] for one in api.get("/api/buyers", as_=admin).json()} == {"Waco"}
    assert api.get(f"/api/buyers/{theirs}", as_=outsider).json()["city"] == "Austin"
    assert mongo("buyers")["outboxevents"].count_documents({"name": "buyer.updated"}) == 3
    assert bulk(api, admin, "bulkStatus", buyerIds=ours[:1], isActive=False).json()["updatedCount"] == 1
    assert api.get(f"/api/buyers/{ours[0]}/history", as_=admin).json()[0]["type"] == "status_changed"
    nothing = bulk(api, admin, "bulkDelete", buyerIds=unknown).json()
    assert (nothing["success"], nothing["deletedCount"]) == (False, 0)


def test_deleting_several_frees_their_addresses(api: Api, admin: Caller, manager: Caller) -> None:
    buyer = create(api, admin)
    assert bulk(api, manager, "bulkDelete", buyerIds=[buyer["id"]]).status_code == 403
    assert bulk(api, admin, "bulkDelete", buyerIds=[buyer["id"]]).json()["deletedCount"] == 1
    assert api.get(f"/api/buyers/{buyer['id']}", as_=admin).status_code == 404
    create(api, admin, email=buyer["email"])
    assert mongo("buyers")["outboxevents"].count_documents({"name": "buyer.deleted"}) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"operation": "bulkStatus", "data": {"buyerIds": ["a"]}}, "data.isActive must be a boolean value"),
        ({"operation": "bulkUpdate", "data": {"buyerIds": ["a"]}}, "data.updates should not be empty"),
        (
            {"operation": "bulkUpdate", "data": {"buyerIds": ["a"], "updates": {"email": "a@b.co"}}},
            "data.updates.email",
        ),
        (
            {"operation": "bulkUpdate", "data": {"buyerIds": ["a"], "updates": {"tenantId": "x"}}},
            "data.updates.property",
        ),
        ({"operation": "bulkDelete", "data": {"buyerIds": []}}, "data.buyerIds should not be empty"),
        ({"operation": "bulkSell", "data": {"buyerIds": ["a"]}}, "operation must be one of"),
        ({"operation": "bulkDelete"}, "data must be"),
        (
            {"operation": "bulkDelete", "data": {"buyerIds": ["a"] * 1001}},
            "data.buyerIds must contain no more than 1000",
        ),
    ],
)
def test_a_bad_operation_is_told_and_changes_nothing(api: Api, admin: Caller, body: Any, told: str) -> None:
    answer = api.post(BULK, body, as_=admin)
    assert answer.status_code == 400
    message = answer.json()["message"]
    assert (message if isinstance(message, str) else message[0]).startswith(told) or "data" in str(message)


def test_an_export_quotes_everything_and_calculates_nothing(api: Api, admin: Caller) -> None:
    create(api, admin, companyName='=1+1 "Best"', preferredPropertyTypes=["land", "commercial"])
    create(api, admin, city="Waco", isActive=False)
    answer = api.get(EXPORT, as_=admin)
    assert answer["Content-Disposition"] == 'attachment; filename="buyers-export.csv"'
    content = text(answer)
    assert content.startswith('"ID","Company Name"')
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["Status"] for row in rows] == ["Inactive", "Active"]
    assert (rows[1]["Company Name"], rows[1]["Preferred Property Types"]) == ('\'=1+1 "Best"', "land; commercial")
    assert len(list(csv.DictReader(io.StringIO(text(api.get(f"{EXPORT}?includeInactive=false", as_=admin)))))) == 1
    assert text(api.get(f"{EXPORT}?format=xlsx", as_=admin)).startswith('"ID"')


def test_an_export_as_json_obeys_filters(api: Api, admin: Caller, outsider: Caller) -> None:
    waco = create(api, admin, city="Waco", isActive=False)
    create(api, admin)
    create(api, outsider)
    told = json.loads(text(api.get(EXPORT + '?format=json&filters={"city":"wac","isActive":false}', as_=admin)))
    assert (told["totalBuyers"], [one["id"] for one in told["buyers"]]) == (1, [waco["id"]])
    ignored = json.loads(text(api.get(EXPORT + "?format=json&filters={broken", as_=admin)))
    assert (ignored["totalBuyers"], len(ignored["buyers"])) == (2, 2)
    empty = json.loads(text(api.get(EXPORT + '?format=json&filters={"city":"none"}', as_=admin)))
    assert empty["buyers"] == []
    assert api.get(f"{EXPORT}?format=pdf", as_=admin).status_code == 400


def test_the_figures_of_the_page(api: Api, admin: Caller) -> None:
    create(api, admin, buyerType="company")
    old = create(api, admin, isActive=False)
    mongo("buyers")["buyers"].update_one({"_id": ObjectId(old["id"])}, {"$set": {"createdAt": _days_ago(100)}})
    told = api.get("/api/buyers/analytics", as_=admin).json()
    assert (told["timeRange"], told["recentBuyers"], told["growthRate"]) == ("30d", 1, 50.0)
    assert (told["totalBuyers"], told["activeBuyers"], told["buyerTypes"]["company"]) == (2, 1, 1)
    assert api.get("/api/buyers/analytics?timeRange=1y", as_=admin).json()["recentBuyers"] == 2


READS = (
    "",
    "/search",
    "/search-by-location",
    "/stats",
    "/analytics",
    "/export",
    "/matches",
    "/matches/stats",
    "/{id}",
    "/{id}/matches",
    "/{id}/preferences",
    "/{id}/history",
    "/{id}/deals",
)


@pytest.mark.parametrize("path", READS)
def test_every_read_wants_a_token_a_role_and_patience(api: Api, admin: Caller, settings: Any, path: str) -> None:
    address = f"/api/buyers{path}".replace("{id}", create(api, admin)["id"])
    assert api.get(address).status_code == 401
    assert api.get(address, as_=Caller("stranger")).status_code == 403
    assert api.get(address, as_=admin).status_code == 200
    settings.REQUESTS_PER_MINUTE = 1
    assert [api.get(address, as_=admin).status_code for _ in range(2)] == [200, 429]
    if "{id}" in path:
        settings.REQUESTS_PER_MINUTE = 600
        assert api.get(address.replace(address[12:36], str(ObjectId())), as_=admin).status_code == 404


WRITES = (
    ("POST", "", {}),
    ("POST", "/bulk", {"operation": "bulkDelete", "data": {"buyerIds": ["x"]}}),
    ("POST", "/matching", {}),
    ("POST", "/matches/generate", {}),
    ("PUT", "/{id}", {}),
    ("DELETE", "/{id}", None),
    ("PUT", "/{id}/preferences", {}),
)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_every_write_too(api: Api, admin: Caller, settings: Any, method: str, path: str, body: Any) -> None:
    address = f"/api/buyers{path}".replace("{id}", create(api, admin)["id"])
    assert api.request(method, address, body).status_code == 401
    assert api.request(method, address, body, as_=Caller("stranger")).status_code == 403
    settings.REQUESTS_PER_MINUTE = 1
    first, second = (api.request(method, address, body, as_=admin).status_code for _ in range(2))
    assert (first < 401, second) == (True, 429)


def _days_ago(days: int) -> Any:
    return datetime.now(UTC) - timedelta(days=days)
