"""The stand-in behaves like the old system: the contract's shapes, Mongoose's documents, faults on command."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bson import ObjectId
from pymongo.database import Database

from ops.seed import people
from tests.legacy import buyers, data, leads, others
from tests.legacy.documents import Document, opened
from tests.legacy.faults import DIFFERENCES
from tests.legacy.load import log_in
from tests.legacy.server import CONTROL, Legacy
from tests.parts import WORKER, free_port
from tests.system.platform import lead_body

AGENT = "64f0000000000000000000a3"


@pytest.fixture(scope="module")
def server() -> Iterator[Legacy]:
    database = opened(os.environ["MONGODB_URI"], f"test_{WORKER or 'main'}_legacy")
    database.client.drop_database(database.name)
    assert data.load(database)
    assert not data.load(database)
    running = Legacy(
        free_port(), database, "a secret of the old system, long", [*leads.ROUTES, *buyers.ROUTES, *others.ROUTES]
    )
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()
    database.client.drop_database(database.name)


@pytest.fixture
def database(server: Legacy) -> Database[Document]:
    return server.database


@pytest.fixture
def client(server: Legacy) -> Iterator[httpx.Client]:
    url = f"http://127.0.0.1:{server.server_port}"
    token = log_in(url, "admin@acme.test")["accessToken"]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
        yield client
        client.put(CONTROL, json={})


def created(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/leads", json=lead_body(AGENT, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_lead_is_stored_as_mongoose_stores_it(client: httpx.Client, database: Database[Document]) -> None:
    lead = created(client, nextFollowUpDate="2027-01-02T03:04:05.000Z")
    stored = database["leads"].find_one({"leadId": lead["leadId"]})
    assert stored is not None
    assert (stored["__v"], stored["assignedTo"], stored["tags"]) == (0, ObjectId(AGENT), [])
    assert (stored["priority"], type(stored["tenantId"]), stored["nextFollowUpDate"].year) == ("medium", str, 2027)
    assert not {"rev", "emailKey", "phoneKey", "id"} & stored.keys()
    changed = client.put(f"/api/leads/{lead['leadId']}", json={"status": "contacted"}).json()
    assert (changed["status"], len(changed["activities"])) == ("contacted", 2)
    after = database["leads"].find_one({"leadId": lead["leadId"]})
    assert after is not None
    assert after["updatedAt"] > stored["updatedAt"]
    assert "rev" not in after
    assert client.delete(f"/api/leads/{lead['leadId']}").status_code == 204
    assert client.get(f"/api/leads/{lead['leadId']}").status_code == 404
    assert not database.list_collection_names(filter={"name": "outboxevents"})


def test_what_we_added_to_a_document_is_kept_and_not_shown(client: httpx.Client, database: Database[Document]) -> None:
    lead = created(client)
    ours = {"rev": 7, "emailKey": f"{lead['leadId']}@x.test"}
    database["leads"].update_one({"leadId": lead["leadId"]}, {"$set": ours})
    changed = client.put(f"/api/leads/{lead['leadId']}", json={"notes": "x"}).json()
    stored = database["leads"].find_one({"leadId": lead["leadId"]}) or {}
    assert ({name: stored.get(name) for name in ours}, changed.keys() & ours.keys()) == (ours, set())


def test_lists_are_paged_and_filtered(client: httpx.Client) -> None:
    page = client.get("/api/leads?limit=2&page=2&sortBy=createdAt&sortOrder=asc").json()
    assert (len(page["leads"]), page["page"], page["limit"]) == (2, 2, 2)
    assert page["totalPages"] == -(-page["total"] // 2)
    new = client.get("/api/leads?status=new&limit=100").json()
    assert {lead["status"] for lead in new["leads"]} == {"new"}
    assert client.get("/api/leads/stats").json()["totalLeads"] == page["total"]
    assert len(client.get("/api/buyers").json()) == data.BUYERS
    paged = client.get("/api/buyers?page=2&limit=15").json()
    assert (len(paged["buyers"]), paged["pagination"]["has_prev"], paged["pagination"]["has_next"]) == (5, True, False)
    assert client.get(f"/api/buyers/{paged['buyers'][0]['id']}").json() == paged["buyers"][0]
    users = client.get("/api/users?limit=3&role=user").json()["data"]
    assert (len(users["users"]), users["pagination"]["total"]) == (3, data.AGENTS + 1)
    assert "password" not in str(client.get("/api/users/me").json())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/api/leads", {"nope": 1}, 400, ["property nope should not exist"]),
        ("PUT", "/api/leads/nobody", {"notes": "x"}, 404, "Lead not found"),
        ("GET", "/api/buyers/64f0000000000000000000ff", None, 404, "Buyer not found"),
        ("POST", "/api/nowhere", {}, 404, "Cannot POST /api/nowhere"),
        ("POST", "/api/auth/login", {"email": "admin@acme.test", "password": "no"}, 401, "Invalid credentials"),
    ],
)
def test_errors_have_nests_shape(
    client: httpx.Client, method: str, path: str, body: Any, status: int, message: Any
) -> None:
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["statusCode"], answer.json()["message"]) == (status, status, message)


def test_duplicates_and_transitions_are_refused(client: httpx.Client) -> None:
    lead = created(client)
    again = client.post("/api/leads", json=lead_body(AGENT, contactInfo=lead["contactInfo"]))
    assert (again.status_code, again.json()["duplicateFields"]) == (400, ["email", "phone"])
    jump = client.put(f"/api/leads/{lead['leadId']}", json={"status": "closed_won"})
    assert (jump.status_code, jump.json()["errors"][0]["code"]) == (400, "INVALID_STATUS_TRANSITION")


def test_no_caller_gets_in_without_a_good_token(client: httpx.Client, database: Database[Document]) -> None:
    assert httpx.get(f"{client.base_url}/api/leads").json() == {"message": "Unauthorized", "statusCode": 401}
    viewer = log_in(str(client.base_url).rstrip("/"), "viewer@acme.test")["accessToken"]
    headers = {"Authorization": f"Bearer {viewer}"}
    assert client.get("/api/leads", headers=headers).status_code == 403
    database["users"].update_one({"email": "viewer@acme.test"}, {"$set": {"status": "suspended"}})
    assert client.get("/api/users/me", headers=headers).json()["message"] == "User account is suspended"


def test_a_token_is_renewed_by_itself_or_by_its_refresh_token(client: httpx.Client) -> None:
    url = str(client.base_url).rstrip("/")
    tokens = log_in(url, "agent@acme.test")
    header = {"Authorization": f"Bearer {tokens['accessToken']}"}
    assert httpx.post(f"{url}/api/auth/refresh", headers=header).json()["accessToken"]
    body = {"refreshToken": tokens["refreshToken"]}
    assert httpx.post(f"{url}/api/auth/refresh", json=body).json()["user"]["email"] == "agent@acme.test"
    assert httpx.post(f"{url}/api/auth/refresh", json={"refreshToken": "x"}).status_code == 401
    assert httpx.get(f"{url}/api/auth/me", headers=header).json()["id"] == AGENT


def test_faults_come_and_go(client: httpx.Client) -> None:
    client.put(CONTROL, json={"path": "/api/leads", "status": 503})
    assert [client.get(path).status_code for path in ("/api/leads", "/api/buyers")] == [503, 200]
    client.put(CONTROL, json={"wrong": True})
    assert client.get("/api/leads").text == "<html>It works!</html>"
    client.put(CONTROL, json={"hang": True, "path": "/api/leads"})
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/leads", timeout=0.3)
    assert client.put(CONTROL, json={"differences": ["nonsense"]}).status_code == 400
    client.put(CONTROL, json={})
    assert client.get("/api/leads").status_code == 200


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_can_be_seen(client: httpx.Client, name: str) -> None:
    lead = created(client, notes="plain", tags=["caf\u00e9"])
    paths = (
        "/api/leads?limit=5&status=new&search=caf",
        "/api/leads?limit=5",
        f"/api/leads/{lead['leadId']}",
        "/api/leads/x",
    )
    before = [client.get(path) for path in paths]
    client.put(CONTROL, json={"differences": [name]})
    if name == "stored-value":
        changed = client.put(f"/api/leads/{lead['leadId']}", json={"notes": "mine"}).json()
        assert changed["notes"] != "mine"
        return
    after = [client.get(path) for path in paths]
    kept = ("status_code", "content")
    header = [(one.headers.get("cache-control"),) for one in before] != [
        (one.headers.get("cache-control"),) for one in after
    ]
    assert header or [[getattr(one, part) for part in kept] for one in before] != [
        [getattr(one, part) for part in kept] for one in after
    ]


def test_people_are_those_of_the_demo(database: Database[Document]) -> None:
    assert {one["email"] for one in people()["people"]} <= set(database["users"].distinct("email"))
