"""What a request costs: how many statements, and how many documents they look at in a tenant of a thousand."""

import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from tests import revisions
from tests.conftest import Api, Caller
from tests.system.platform import lead_body

MANY, PAGE = 1_000, 20
BUYER = {"companyName": "Buy Co", "contactName": "Ben Buy", "email": "ben@buy.test", "phone": "512-555-0100"}
BUYER |= {"city": "Austin", "state": "TX"}


class Costs(list[dict[str, Any]]):
    """The statements of a block, as MongoDB's profiler saw them."""

    @property
    def examined(self) -> int:
        """The most documents that one of them looked at."""
        return max((statement.get("docsExamined", 0) for statement in self), default=0)


@contextmanager
def costs(service: str) -> Iterator[Costs]:
    """Profile the statements on the database of `service` in the block."""
    found, db = Costs(), mongo(service)
    db["system.profile"].drop()
    db.command("profile", 2)
    try:
        yield found
    finally:
        db.command("profile", 0)
        # Where the service's data is: asked every two seconds, whatever is done.
        others = [f"{db.name}.system.profile", f"{db.name}.placements"]
        found += db["system.profile"].find({"ns": {"$nin": others}, "op": {"$ne": "command"}})
        db["system.profile"].drop()


def fill(service: str, name: str, unique: dict[str, Any]) -> None:
    """Store MANY copies of the one document of a collection, different in the members of `unique`."""
    first = mongo(service)[name].find_one({})
    assert first
    copies = []
    for number in range(MANY):
        document = copy.deepcopy(first)
        document |= {"_id": ObjectId()} | {member: value(number) for member, value in unique.items()}
        copies.append(document)
    revisions.arranged.update(str(document["_id"]) for document in copies)
    mongo(service)[name].insert_many(copies)


@pytest.fixture
def lead(api: Api, manager: Caller) -> dict[str, Any]:
    """One of a thousand and one leads."""
    created = api.post("/api/leads", lead_body(manager.user_id), as_=manager)
    assert created.status_code == 201
    fill("leads", "leads", {"leadId": lambda _: str(uuid.uuid4()), "emailKey": str, "phoneKey": str})
    return dict(created.json())


def lead_calls(lead: dict[str, Any], assignee: str) -> dict[str, tuple[str, str, Any]]:
    path = f"/api/leads/{lead['leadId']}"
    contact = {**lead["contactInfo"], "email": "changed@example.com"}
    return {
        "read": ("GET", path, None),
        "list": ("GET", f"/api/leads?limit={PAGE}", None),
        "create": ("POST", "/api/leads", lead_body(assignee)),
        "update": ("PUT", path, {"contactInfo": contact}),
        "delete": ("DELETE", path, None),
    }


@pytest.mark.parametrize(
    ("call", "statements"), [("read", 1), ("list", 2), ("create", 3), ("update", 4), ("delete", 3)]
)
def test_a_request_for_leads_looks_at_what_it_shows(
    api: Api, manager: Caller, lead: dict[str, Any], call: str, statements: int
) -> None:
    method, path, body = lead_calls(lead, manager.user_id)[call]
    with costs("leads") as found:
        answer = api.request(method, path, body, as_=manager)
    assert answer.status_code < 300, answer.content
    assert found.examined <= PAGE, [(s["command"].get("filter"), s.get("planSummary")) for s in found]
    assert len(found) <= statements, [statement["command"] for statement in found]


@pytest.fixture
def buyer(api: Api, manager: Caller) -> dict[str, Any]:
    """One of a thousand and one buyers."""
    created = api.post("/api/buyers", BUYER, as_=manager)
    assert created.status_code == 201, created.content
    fill("buyers", "buyers", {"buyerId": lambda _: str(uuid.uuid4()), "emailKey": str})
    return dict(created.json())


@pytest.mark.parametrize(("method", "statements"), [("GET", 1), ("PUT", 4)])
def test_a_request_for_a_buyer_looks_at_what_it_shows(
    api: Api, manager: Caller, buyer: dict[str, Any], method: str, statements: int
) -> None:
    path = f"/api/buyers/{buyer.get('_id') or buyer['id']}"
    with costs("buyers") as found:
        answer = api.request(method, path, {"companyName": "New Co"} if method == "PUT" else None, as_=manager)
    assert answer.status_code < 300, answer.content
    assert found.examined <= PAGE, [(s["command"].get("filter"), s.get("planSummary")) for s in found]
    assert len(found) <= statements, [statement["command"] for statement in found]


def test_creating_a_buyer_looks_at_no_other(api: Api, manager: Caller, buyer: dict[str, Any]) -> None:
    with costs("buyers") as found:
        answer = api.post("/api/buyers", {**BUYER, "email": "new@buy.test"}, as_=manager)
    assert answer.status_code == 201, answer.content
    assert found.examined <= PAGE, [(s["command"].get("filter"), s.get("planSummary")) for s in found]
