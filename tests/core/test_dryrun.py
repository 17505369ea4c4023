"""A dry run: what a write would store and tell, and nothing of it stays."""

import base64
import threading
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from bson import ObjectId, json_util

from core.documents.driver import client, database
from core.dryrun import refusals
from core.dryrun.requests import OPTIONS
from core.identity import access
from gateway.shadow.dryrun import HEADER, signature
from services.monolith import urls
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller

SECRET = "a secret of dry runs, of 32 characters and more"
LEAD = {
    "source": "website",
    "contactInfo": {
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann@x.test",
        "phone": "+15550101234",
        "preferredContactMethod": "email",
    },
}


@pytest.fixture(autouse=True)
def wanted(settings: Any) -> None:
    """Dry runs are wanted; a busy machine may be slow."""
    settings.DRY_RUN_SECRET, settings.DRY_RUN_MILLISECONDS = SECRET, 10_000


class Trials:
    """The agent's side, in this process."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def body(self, method: str, path: str, given: Any, as_: Caller, before: Any = ()) -> bytes:
        headers = {"authorization": f"Bearer {as_.token}", "content-type": "application/json"}
        content = b"" if given is None else json_util.dumps(given).encode()
        befores = [{"collection": name, "_id": key, "document": document} for name, key, document in before]
        told = {"method": method, "path": path, "headers": headers, "before": befores}
        told["body"] = base64.b64encode(content).decode()
        return json_util.dumps(told, json_options=OPTIONS).encode()

    def send(self, body: bytes, service: str, header: str | None = None) -> Any:
        header = signature(SECRET, service, body) if header is None else header
        return self.api._client.generic(
            "POST", "/internal/dry-run", body, content_type="application/json", headers={HEADER: header}
        )

    def ask(self, method: str, path: str, given: Any, as_: Caller, before: Any = ()) -> dict[str, Any]:
        answer = self.send(self.body(method, path, given, as_, before), "leads")
        assert answer.status_code == 200, answer.content
        return json_util.loads(answer.content, json_options=OPTIONS)


@pytest.fixture
def trials(api: Api) -> Trials:
    return Trials(api)


@pytest.fixture
def silent(api: Api) -> Iterator[None]:
    """No change of any document of leads or buyers."""
    with database("leads").watch(max_await_time_ms=300) as leads, database("buyers").watch() as buyers:
        yield
        assert leads.try_next() is None
        assert buyers.try_next() is None


def agent_lead(api: Api, admin: Caller, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    member = str(ObjectId())
    database("leads")["leadsdirectory"].insert_one(
        {"_id": member, "tenantId": TENANT, "status": "active", "roles": ["user"], "version": 1}
    )
    body = {**LEAD, "assignedTo": member, **changes}
    answer = api.post("/api/leads", body, as_=admin)
    assert answer.status_code == 201, answer.content
    return body, answer.json()


def stored(lead: dict[str, Any]) -> dict[str, Any]:
    found = database("leads")["leads"].find_one({"leadId": lead["leadId"]})
    assert found is not None
    return found


def test_a_create_is_tried_as_if_the_old_system_had_not_done_it(trials: Trials, admin: Caller) -> None:
    body, made = agent_lead(trials.api, admin)
    document = stored(made)
    events = list(database("leads")["outboxevents"].find())
    with database("leads").watch(max_await_time_ms=300) as changes:
        told = trials.ask("POST", "/api/leads", body, admin, [("leads", document["_id"], None)])
        assert changes.try_next() is None
    assert told["answer"]["status"] == 201
    (lead,) = [one for one in told["stored"] if one["collection"] == "leads"]
    new = lead["document"]
    assert new["_id"] != document["_id"]
    assert new.keys() == document.keys()
    assert (new["contactInfo"], new["emailKey"]) == (document["contactInfo"], document["emailKey"])
    assert json_util.loads(base64.b64decode(told["answer"]["body"]))["leadId"] == new["leadId"]
    assert [(event["name"], event["entityId"]) for event in told["events"]] == [("lead.created", str(new["_id"]))]
    assert told["events"][0]["payload"] == lead["exported"]
    assert database("leads")["leads"].count_documents({}) == 1
    assert list(database("leads")["outboxevents"].find()) == events


def test_a_change_starts_from_the_document_before(trials: Trials, admin: Caller) -> None:
    _, made = agent_lead(trials.api, admin)
    before = stored(made)
    changed = {"status": "contacted", "notes": "called"}
    assert trials.api.put(f"/api/leads/{made['leadId']}", changed, as_=admin).status_code == 200
    after = stored(made)
    told = trials.ask(
        "PUT", f"/api/leads/{made['leadId']}", changed, admin, [("leads", before["_id"], {**before, "extra": {"a": 1}})]
    )
    (lead,) = told["stored"]
    assert lead["document"]["activities"][-1]["description"] == after["activities"][-1]["description"]
    assert len(lead["document"]["activities"]) == 2
    assert (lead["document"]["status"], lead["document"]["extra"]) == ("contacted", {"a": 1})
    assert [event["name"] for event in told["events"]] == ["lead.status_changed"]
    assert stored(made) == after


def test_a_deletion_is_tried(trials: Trials, admin: Caller) -> None:
    _, made = agent_lead(trials.api, admin)
    before = stored(made)
    assert trials.api.delete(f"/api/leads/{made['leadId']}", as_=admin).status_code == 204
    told = trials.ask("DELETE", f"/api/leads/{made['leadId']}", None, admin, [("leads", before["_id"], before)])
    assert told["answer"]["status"] == 204
    assert told["stored"][0]["document"]["deletedAt"] is not None
    assert [event["name"] for event in told["events"]] == ["lead.deleted"]


def test_a_refused_write_stores_nothing_even_after_a_clash(trials: Trials, admin: Caller) -> None:
    database("buyers")["buyers"].insert_one({"tenantId": TENANT, "email": "b@x.test", "emailKey": "b@x.test"})
    body = {"companyName": "B", "contactName": "B", "email": "b@x.test", "phone": "+15550101235"}
    body |= {"buyerType": "individual", "investmentRange": "100k-250k", "preferredPropertyTypes": ["land"]}
    with database("buyers").watch(max_await_time_ms=300) as changes:
        told = trials.ask("POST", "/api/buyers", body, admin)
        assert changes.try_next() is None
    assert (told["answer"]["status"], told["stored"], told["events"]) == (409, [], [])


def test_nothing_is_mailed_or_queued(trials: Trials, admin: Caller, silent: None) -> None:
    body = {"email": "new@acme.test", "role": "user", "firstName": "New", "lastName": "One"}
    told = trials.ask("POST", "/api/users", {**body, "roles": ["user"]}, admin)
    assert told["answer"]["status"] in (201, 400, 403)
    assert database("users")["users"].count_documents({"email": "new@acme.test"}) == 0


@pytest.mark.parametrize("path", ["/api/leads/scoring/recalculate-all", "/api/leads/communication/sms"])
def test_effects_outside_are_refused(trials: Trials, admin: Caller, path: str, silent: None) -> None:
    assert trials.ask("POST", path, {}, admin)["unjudged"].startswith("effects outside: ")


def test_an_effect_that_nobody_listed_is_stopped(
    trials: Trials, admin: Caller, silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "REFUSED", {})
    told = trials.ask("POST", "/api/leads/scoring/recalculate-all", {}, admin)
    assert told["unjudged"] == "effects outside: job"
    assert database("leads")["leadscoringruns"].count_documents({}) == 0


def test_every_write_of_the_contract_is_tried_or_refused_for_a_reason(trials: Trials, admin: Caller) -> None:
    patterns = [p for p in urls.urlpatterns if str(getattr(p.pattern, "_route", "")).startswith("api/")]
    writes = [
        (m.upper(), p.pattern) for p in patterns for m in getattr(p.callback, "cls", type).__dict__.get("access", {})
    ]
    assert len([one for one in writes if one[0] != "GET"]) > 90
    unused = set(refusals.REFUSED)
    for method, pattern in writes:
        route = pattern._route
        if method == "GET":
            continue
        why = refusals.refusal(method, route)
        if why is None:
            path = "/" + "/".join(str(ObjectId()) if part.startswith("<") else part for part in route.split("/"))
            told = trials.ask(method, path, {}, admin)
            # The listed ones aside, no write of ours may do anything that is stopped.
            assert "answer" in told, (method, route, told)
            assert told["answer"]["status"] != 500
        unused -= {one for one in unused if fnmatchcase(f"{method} {route}", one)}
    assert not unused


def refused(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.content
    assert {"message", "statusCode"} <= answer.json().keys()


def test_only_a_fresh_signature_of_this_body_for_this_service_counts(trials: Trials, admin: Caller) -> None:
    body = trials.body("PUT", f"/api/leads/{ObjectId()}", {}, admin)
    header = signature(SECRET, "leads", body)
    assert trials.send(body, "leads", header).status_code == 200
    refused(trials.send(body, "leads", header), 401)
    refused(trials.send(body + b" ", "leads", signature(SECRET, "leads", body)), 401)
    refused(trials.send(body, "nobody"), 401)
    refused(trials.send(body, "leads", signature("another secret", "leads", body)), 401)
    refused(trials.send(body, "leads", signature(SECRET, "leads", body, seconds=-1)), 401)
    refused(trials.send(body, "leads", signature(SECRET, "leads", body, seconds=60)), 401)
    refused(trials.send(body, "leads", ""), 401)
    refused(trials.send(b"[]", "leads"), 400)
    refused(trials.send(b"{", "leads"), 400)


def test_without_a_secret_there_are_no_dry_runs(trials: Trials, admin: Caller, settings: Any) -> None:
    settings.DRY_RUN_SECRET = ""
    body = trials.body("PUT", f"/api/leads/{ObjectId()}", {}, admin)
    refused(trials.send(body, "leads", signature("", "leads", body)), 404)


def test_what_is_not_the_callers_or_not_the_services_is_not_put_back(
    trials: Trials, admin: Caller, silent: None
) -> None:
    mine, theirs = {"_id": ObjectId(), "tenantId": TENANT}, {"_id": ObjectId(), "tenantId": OTHER_TENANT}
    for before in (
        ("leads", theirs["_id"], theirs),
        ("users", mine["_id"], mine),
        ("outboxevents", mine["_id"], mine),
        ("accessentries", mine["_id"], mine),
        ("leads", ObjectId(), mine),
    ):
        body = trials.body("PUT", f"/api/leads/{mine['_id']}", {}, admin, [before])
        refused(trials.send(body, "leads"), 403)


def test_a_document_of_another_tenant_is_not_removed(trials: Trials, admin: Caller, outsider: Caller) -> None:
    _, made = agent_lead(trials.api, admin)
    key = stored(made)["_id"]
    body = trials.body("PUT", f"/api/leads/{key}", {}, outsider, [("leads", key, None)])
    refused(trials.send(body, "leads"), 403)
    forged = {**stored(made), "tenantId": OTHER_TENANT}
    body = trials.body("PUT", f"/api/leads/{key}", {}, outsider, [("leads", key, forged)])
    refused(trials.send(body, "leads"), 403)


def test_a_document_that_another_transaction_holds_is_left_alone(trials: Trials, admin: Caller) -> None:
    _, made = agent_lead(trials.api, admin)
    before = stored(made)
    with client("leads").start_session() as session, session.start_transaction():
        database("leads")["leads"].update_one({"_id": before["_id"]}, {"$set": {"held": 1}}, session=session)
        told = trials.ask(
            "PUT", f"/api/leads/{made['leadId']}", {"notes": "x"}, admin, [("leads", before["_id"], before)]
        )
    assert told == {"unjudged": "the database was busy"}
    assert stored(made)["held"] == 1


def test_a_trial_that_hangs_lets_go_of_its_locks(
    trials: Trials, admin: Caller, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it still hangs, a live write of the same document gets through."""
    settings.DRY_RUN_MILLISECONDS = 300
    _, made = agent_lead(trials.api, admin)
    before, locked, written = stored(made), threading.Event(), threading.Event()
    monkeypatch.setattr("services.leads.leads.actions.publish_change", lambda *_: (locked.set(), written.wait(20)))
    told: list[Any] = []
    wanted = ("PUT", f"/api/leads/{made['leadId']}", {"notes": "x"}, admin, [("leads", before["_id"], before)])
    trial = threading.Thread(target=lambda: told.append(trials.ask(*wanted)))
    trial.start()
    assert locked.wait(20)
    database("leads")["leads"].update_one({"_id": before["_id"]}, {"$set": {"live": 1}})
    assert trial.is_alive()
    written.set()
    trial.join()
    assert stored(made)["live"] == 1
    assert told == [{"unjudged": "the database was busy"}]
    access.memory.forget()


def test_one_at_a_time(trials: Trials, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = agent_lead(trials.api, admin)
    inner: list[Any] = []
    path = f"/api/leads/{made['leadId']}"
    monkeypatch.setattr(
        "services.leads.leads.actions.publish_change",
        lambda *_: inner.append(trials.ask("PUT", path, {"notes": "y"}, admin)),
    )
    trials.ask("PUT", path, {"notes": "x"}, admin)
    assert inner == [{"unjudged": "another one is running"}]
