"""Writes of the old system, judged by what the services would have done: real MongoDB images, real services over HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from bson import ObjectId
from django.conf import settings as django_settings
from pymongo.database import Database

from core.documents.declared import declared_of
from core.documents.driver import database as database_of
from core.identity import access
from core.settings.discovery import address_of
from gateway.shadow import images
from gateway.shadow.changes import Changes
from gateway.shadow.dryrun import DryRuns
from gateway.shadow.exchange import Answer, Difference, Exchange, Judgement
from gateway.shadow.explanations import explanations
from gateway.shadow.stored import only_ours, rules
from gateway.shadow.writes import Writes
from tests.legacy import buyers, data, leads, others
from tests.legacy.load import log_in
from tests.legacy.server import CONTROL, Legacy
from tests.parts import free_port
from tests.system.platform import lead_body

SECRET = "a secret of dry runs, of 32 characters and more"
AGENT = "64f0000000000000000000a3"
GROUPS = {"leads.write": "leads", "buyers.write": "buyers"}


@dataclass
class Old:
    """The old system on the database of one service, and the judge of its writes."""

    database: Database[Any]
    url: str
    writes: Writes
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        token = log_in(self.url, "admin@acme.test")["accessToken"]
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def exchange(self, method: str, path: str, body: Any = None) -> Exchange:
        sent = datetime.now(UTC)
        answer = self.client.request(method, path, json=body)
        request = answer.request
        parts = path.split("/")
        operation = f"{method} /api/{parts[2]}" + ("/:id" if len(parts) > 3 else "")
        return Exchange(
            f"{parts[2]}.write", operation, method, path, dict(request.headers), request.content,
            Answer(answer.status_code, dict(answer.headers), answer.content), "legacy", sent, datetime.now(UTC),
        )  # fmt: skip

    def judged(self, method: str, path: str, body: Any = None) -> tuple[Judgement, Any]:
        exchange = self.exchange(method, path, body)
        judgement = self.writes.judge(exchange)
        print(method, path, judgement)
        return judgement, json.loads(exchange.answer.body or b"null")

    def differing(self, *names: str) -> None:
        self.client.put(CONTROL, json={"differences": names} if names else {})


def started(service: str) -> Iterator[Old]:
    database = database_of(service)
    data.load(database)
    images.keep(database)
    server = Legacy(free_port(), database, django_settings.JWT_SECRET, [*leads.ROUTES, *buyers.ROUTES, *others.ROUTES])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    stopping, changes = threading.Event(), Changes(database, rules())
    following = threading.Thread(target=changes.run, args=(stopping,))
    following.start()
    with httpx.Client() as client:
        old = Old(
            database,
            f"http://127.0.0.1:{server.server_port}",
            Writes(changes, DryRuns(SECRET, client, address_of), GROUPS, explanations()),
        )
        time.sleep(0.7)
        yield old
        old.client.close()
    stopping.set()
    following.join()
    server.shutdown()
    server.server_close()
    for name in ("users", "tenants"):
        database[name].drop()


@pytest.fixture(autouse=True)
def wanted(settings: Any) -> None:
    """Dry runs are wanted; a busy machine may be slow."""
    settings.DRY_RUN_SECRET, settings.DRY_RUN_MILLISECONDS = SECRET, 10_000


@pytest.fixture
def old_leads(owners: None) -> Iterator[Old]:
    for old in started("leads"):
        person = old.database["users"].find_one({"_id": ObjectId(AGENT)})
        assert person is not None
        known = {"_id": AGENT, "tenantId": str(person["tenantId"]), "status": "active", "roles": person["roles"]}
        old.database["leadsdirectory"].replace_one({"_id": AGENT}, {**known, "version": 1}, upsert=True)
        yield old


@pytest.fixture
def old_buyers(owners: None) -> Iterator[Old]:
    yield from started("buyers")


def quiet() -> None:
    """Writes of one record that follow each other at once cannot be told apart."""
    time.sleep(1.1)


def buyer_body(**changes: Any) -> dict[str, Any]:
    body = {"companyName": "Bay Homes", "contactName": "Bo Bay", "email": "bo@bay.test", "phone": "5125550142"}
    return {**body, "city": "Austin", "state": "TX", "zipCode": "78701", **changes}


def test_leads_are_judged_the_same(old_leads: Old) -> None:
    judgement, lead = old_leads.judged(
        "POST", "/api/leads", lead_body(AGENT, nextFollowUpDate="2027-01-02T03:04:05.000Z")
    )
    assert judgement == Judgement("same")
    path = f"/api/leads/{lead['leadId']}"
    quiet()
    assert old_leads.judged("PUT", path, {"status": "contacted", "notes": "Ä called"})[0] == Judgement("same")
    quiet()
    assert old_leads.judged("PUT", path, {"status": "closed_won"})[0] == Judgement("same")
    quiet()
    assert old_leads.judged("DELETE", path)[0] == Judgement("same")
    quiet()
    assert old_leads.judged("DELETE", path)[0] == Judgement("same")
    assert old_leads.database["outboxevents"].count_documents({}) == 0
    assert old_leads.database["leads"].count_documents({"rev": {"$exists": True}}) == 0


def test_buyers_are_judged_the_same(old_buyers: Old) -> None:
    judgement, buyer = old_buyers.judged("POST", "/api/buyers", buyer_body())
    assert judgement == Judgement("same")
    quiet()
    # The key by which we find a duplicate is not there yet (the bridge makes it): we would take the address once more.
    judgement, _ = old_buyers.judged("POST", "/api/buyers", buyer_body())
    assert Difference("status", "409", "201") in judgement.differences
    old_buyers.database["buyers"].update_one({"_id": ObjectId(buyer["_id"])}, {"$set": {"emailKey": "bo@bay.test"}})
    assert old_buyers.judged("POST", "/api/buyers", buyer_body())[0] == Judgement("same")
    quiet()
    assert old_buyers.judged("PUT", f"/api/buyers/{buyer['_id']}", {"notes": "likes lakes"})[0] == Judgement("same")
    quiet()
    assert old_buyers.judged("DELETE", f"/api/buyers/{buyer['_id']}")[0] == Judgement("same")


def test_another_stored_value_is_found_and_masked(old_leads: Old) -> None:
    old_leads.differing("stored-value")
    judgement, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT, notes="secret 77"))
    assert judgement.verdict == "different"
    (one,) = [one for one in judgement.differences if one.where.startswith("stored")]
    assert (one.where, one.old, one.new) == ("stored leads.notes", '"aaaaaa 99 (aaa)"', '"aaaaaa 99"')
    quiet()
    judgement, _ = old_leads.judged("PUT", f"/api/leads/{lead['leadId']}", {"notes": "secret 78"})
    assert "stored leads.notes" in {one.where for one in judgement.differences}


def test_a_wrong_type_of_a_time_is_found(old_leads: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    _, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    monkeypatch.setattr(
        "services.leads.leads.actions.activity", lambda *_: {"timestamp": datetime.now(UTC).isoformat()}
    )
    quiet()
    judgement, _ = old_leads.judged("PUT", f"/api/leads/{lead['leadId']}", {"status": "contacted"})
    found = {one.where: (one.old, one.new, one.kind) for one in judgement.differences}
    assert found["stored leads.activities[].timestamp"] == ("date", "text", "type")


@pytest.mark.parametrize(("method", "forgetting"), [("POST", "publish_lead"), ("PUT", "publish_change")])
def test_a_write_that_forgets_its_event_is_found(
    old_leads: Old, monkeypatch: pytest.MonkeyPatch, method: str, forgetting: str
) -> None:
    _, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    quiet()
    monkeypatch.setattr(f"services.leads.leads.actions.{forgetting}", lambda *_, **__: None)
    path = "/api/leads" if method == "POST" else f"/api/leads/{lead['leadId']}"
    body = lead_body(AGENT) if method == "POST" else {"notes": "x"}
    judgement, _ = old_leads.judged(method, path, body)
    assert judgement == Judgement("different", (Difference("event leads", "an event", "(none)", "missing"),))


def test_a_write_that_the_service_refuses_is_found(old_leads: Old) -> None:
    person = old_leads.database["users"].find_one({"_id": ObjectId(AGENT)})
    assert person is not None
    tenant = {"_id": f"tenant:{person['tenantId']}", "status": "suspended", "changedAt": datetime.now(UTC)}
    database_of(django_settings.SERVICES[0])["accessentries"].insert_one(tenant)
    access.memory.forget()
    judgement, _ = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    assert {("status", "201", "403"), ("stored leads", "a document", "(nothing)")} <= {
        (one.where, one.old, one.new) for one in judgement.differences
    }


def test_a_refusal_that_is_explained_explains_what_is_not_stored(old_leads: Old) -> None:
    old_leads.database["leadsdirectory"].delete_many({})
    assert old_leads.judged("POST", "/api/leads", lead_body(AGENT))[0] == Judgement("same")


def test_a_second_write_of_the_document_makes_it_unjudged(old_leads: Old) -> None:
    _, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    quiet()
    path = f"/api/leads/{lead['leadId']}"
    exchange = old_leads.exchange("PUT", path, {"notes": "first"})
    old_leads.exchange("PUT", path, {"notes": "second"})
    assert old_leads.writes.judge(exchange) == Judgement("unjudged", reason="another write between")


def test_what_the_bridge_adds_is_no_second_write(old_leads: Old) -> None:
    _, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    quiet()
    exchange = old_leads.exchange("PUT", f"/api/leads/{lead['leadId']}", {"notes": "first"})
    old_leads.database["leads"].update_one({"leadId": lead["leadId"]}, {"$set": {"rev": 5, "emailKey": "k"}})
    assert old_leads.writes.judge(exchange) == Judgement("same")
    old_leads.database["leads"].update_one({"leadId": lead["leadId"]}, {"$unset": {"rev": 1, "emailKey": 1}})


def test_without_images_nothing_is_judged(old_leads: Old) -> None:
    _, lead = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    quiet()
    assert "leads" in images.keep(old_leads.database, wanted=False)
    judgement, _ = old_leads.judged("PUT", f"/api/leads/{lead['leadId']}", {"notes": "x"})
    images.keep(old_leads.database)
    assert judgement == Judgement("unjudged", reason="no images of the document")


def test_the_service_away_or_without_secret(old_leads: Old, settings: Any) -> None:
    settings.DRY_RUN_SECRET = ""
    judgement, _ = old_leads.judged("POST", "/api/leads", lead_body(AGENT))
    assert judgement == Judgement("unjudged", reason="the service refuses to try: 404")


def test_the_rules_name_collections_of_the_services() -> None:
    for name, one in rules().items():
        assert name in {declared.name for declared in declared_of(one.service)}, name
    everything = {declared.name for service in django_settings.SERVICES for declared in declared_of(service)}
    assert only_ours() <= everything
