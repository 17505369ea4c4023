"""Events: recorded with their fact, delivered at least once, applied once, parked when they cannot be applied."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings

from core.documents.collection import PlainCollection, now
from core.documents.driver import database as mongo
from core.documents.driver import raw
from core.documents.transactions import in_transaction
from core.events import handlers, inbox, outbox, tasks
from core.events.catalogue import EVENTS
from core.events.envelope import opened, sealed
from core.events.handlers import handles
from core.events.management.commands.export_events import catalogue_page
from core.events.payloads import AccountVerified, BuyerSnapshot, MatchUpdated, UserSnapshot
from core.events.projections import upsert_newer
from core.events.testing import deliver_all
from core.events.transport import captured
from core.observability.context import bind
from tests.system.platform import until
from tests.test_costs import costs

pytestmark = pytest.mark.usefixtures("database")
ROOT = Path(__file__).resolve().parents[2]
TENANT = "64b000000000000000000001"
MOMENT = datetime(2026, 11, 24, tzinfo=UTC)
# After this many faults of its handler an event is parked; seconds until an event is sent again (docs/architecture.md).
FAULTS = 5
PAUSES = [10, 20, 40, 80, 160, 300, 300]


def match(key: str = "m1", version: int = 1) -> dict[str, Any]:
    payload = MatchUpdated(id=key, buyer_id="b", lead_id="l", match_score=5, status="pending")
    return {
        "name": "buyer.match.updated",
        "payload": payload,
        "entity_id": key,
        "version": version,
        "tenant_id": TENANT,
    }


def publish(**changes: Any) -> None:
    in_transaction("buyers", lambda: outbox.record(**{**match(), **changes}))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a handler of analytics heard, instead of the service's own handlers."""
    events: list[Any] = []
    monkeypatch.setitem(handlers._registry, ("analytics", "buyer.match.updated"), [events.append])
    return events


def test_events_that_take_too_long_together_are_applied_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    mongo("analytics")["slow"].insert_one({})

    def slow(_: Any) -> None:
        mongo("analytics")["slow"].find_one({"$where": "sleep(100) || true"})

    monkeypatch.setitem(handlers._registry, ("analytics", "buyer.match.updated"), [slow])
    monkeypatch.setattr("core.events.inbox._SECONDS", 1.0)
    events = [sealed(**match(f"m{number}")) for number in range(25)]
    # A transaction that timed out may hold its locks for a while: then the rest is left for the next delivery.
    while mongo("analytics")["inboxevents"].count_documents({"state": "applied"}) < 25:
        inbox.receive("analytics", events)


def test_an_event_needs_the_transaction_of_its_owner() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction of buyers"):
        outbox.record(**match())
    with pytest.raises(RuntimeError, match="inside a transaction of buyers"):
        in_transaction("leads", lambda: outbox.record(**match()))


def test_a_fact_that_is_rolled_back_has_no_event() -> None:
    def fail() -> None:
        outbox.record(**match())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_transaction("buyers", fail)
    assert mongo("buyers")["outboxevents"].count_documents({}) == 0


def test_a_payload_of_another_event_is_refused() -> None:
    with pytest.raises(TypeError):
        sealed("lead.created", match()["payload"], entity_id="x", version=1, tenant_id=None)


def test_a_state_has_its_documents_revision_and_a_happening_has_none() -> None:
    with pytest.raises(TypeError, match="the version is the revision"):
        sealed(**{**match(), "version": None})
    verified = AccountVerified(user_id="u", verified_at=now())
    assert sealed("account.verified", verified, entity_id="u", version=None, tenant_id=None)["entityVersion"] is None
    with pytest.raises(TypeError, match="the version is the revision"):
        sealed("account.verified", verified, entity_id="u", version=1, tenant_id=None)


def test_an_event_arrives_with_everything_it_carries(heard: list[Any]) -> None:
    publish(version=7)
    deliver_all()
    (event,) = heard
    assert (event.name, event.entity_id, event.version, event.tenant_id) == ("buyer.match.updated", "m1", 7, TENANT)
    assert event.payload == match()["payload"]
    assert event.scope.tenant_id == TENANT
    assert mongo("buyers")["outboxevents"].find_one({})["deliveredAt"]  # type: ignore[index]


def test_a_duplicate_is_applied_once(heard: list[Any]) -> None:
    envelope = sealed(**match())
    with captured():
        inbox.receive("analytics", [envelope, envelope])
        inbox.receive("analytics", [envelope])
    assert len(heard) == 1


def test_what_was_not_acknowledged_is_sent_again(heard: list[Any]) -> None:
    publish()
    with captured() as lost:
        assert outbox.dispatch("buyers") == 1
    assert len(lost) >= 1
    with captured() as sent:
        assert outbox.dispatch("buyers") == 0
    mongo("buyers")["outboxevents"].update_many({}, {"$set": {"nextAttemptAt": now() - timedelta(seconds=1)}})
    deliver_all()
    assert len(heard) == 1
    assert not [task for task, _ in sent if task == "events.receive"]


def test_what_no_service_acknowledges_is_sent_after_longer_and_longer_pauses() -> None:
    publish()
    events = mongo("buyers")["outboxevents"]
    for pause in (timedelta(seconds=seconds) for seconds in PAUSES):
        before = now()
        with captured():
            assert outbox.dispatch("buyers") == 1
        due = events.find_one({})["nextAttemptAt"]  # type: ignore[index]
        assert before + pause <= due <= now() + pause
        events.update_many({}, {"$set": {"nextAttemptAt": now() - timedelta(seconds=1)}})


def test_a_worker_killed_while_it_notes_an_acknowledgement_leaves_nothing_half_noted() -> None:
    publish()
    event = mongo("buyers")["outboxevents"].find_one({})
    assert event
    with costs("buyers") as statements:
        outbox.acknowledge("buyers", "analytics", [event["_id"]])
    assert len(statements) == 1
    noted = mongo("buyers")["outboxevents"].find_one({})
    assert noted
    assert (noted["pending"], "nextAttemptAt" in noted) == ([], False)
    assert noted["deliveredAt"] >= event["createdAt"]
    outbox.acknowledge("buyers", "analytics", [event["_id"]])
    assert mongo("buyers")["outboxevents"].find_one({}) == noted


def test_one_acknowledgement_of_two_leaves_an_event_due() -> None:
    publish()
    events = mongo("buyers")["outboxevents"]
    events.update_one({}, {"$set": {"pending": ["leads", "analytics"]}})
    event = events.find_one({})
    assert event
    outbox.acknowledge("buyers", "analytics", [event["_id"]])
    assert events.find_one({}) == event | {"pending": ["leads"]}


def test_two_dispatchers_do_not_send_the_same_event_twice(heard: list[Any]) -> None:
    for number in range(30):
        publish(entity_id=str(number))
    import threading

    counts: list[int] = []
    with captured():
        threads = [threading.Thread(target=lambda: counts.append(outbox.dispatch("buyers"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(counts) == 30


def test_a_bad_event_holds_up_no_other_and_is_parked_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = []

    def picky(event: Any) -> None:
        if event.entity_id == "bad":
            raise ValueError("a fault in a handler")
        applied.append(event.entity_id)

    monkeypatch.setitem(handlers._registry, ("analytics", "buyer.match.updated"), [picky])
    bad, good = sealed(**match("bad")), sealed(**match("good"))
    for attempt in range(1, FAULTS + 1):
        with captured() as sent:
            inbox.receive("analytics", [bad, good])
        acknowledged = [ids for task, (_, _, ids) in sent if task == "events.acknowledge"]
        assert (bad["id"] in acknowledged[0]) == (attempt == FAULTS)
    assert applied.count("good") >= 1
    (parked,) = inbox.parked("analytics")
    assert (parked["error"], parked["attempts"]) == ("ValueError", FAULTS)
    assert not inbox.replay("analytics", parked["_id"])
    monkeypatch.setitem(handlers._registry, ("analytics", "buyer.match.updated"), [lambda event: None])
    assert len(inbox.parked("analytics")) == 1
    assert inbox.replay("analytics", parked["_id"])
    assert inbox.parked("analytics") == []


def test_what_a_failing_handler_wrote_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    things = PlainCollection("things", "analytics")

    def half(event: Any) -> None:
        upsert_newer(things, event.entity_id, event.version, {"half": True})
        raise ValueError("no")

    monkeypatch.setitem(handlers._registry, ("analytics", "buyer.match.updated"), [half])
    with captured():
        inbox.receive("analytics", [sealed(**match())])
    assert raw(things).count_documents({}) == 0


def test_a_copy_never_goes_back() -> None:
    things = PlainCollection("things", "analytics")

    def store(version: int, **fields: Any) -> Any:
        return in_transaction("analytics", lambda: upsert_newer(things, "x", version, fields))

    assert store(2, name="two") == {}
    assert store(1, name="one") is None
    assert store(2, name="two again") is None
    before = store(3, name="three")
    assert before["name"] == "two"
    assert raw(things).find_one({"_id": "x"})["name"] == "three"  # type: ignore[index]


def test_a_newer_publisher_is_understood_and_an_older_one_too() -> None:
    envelope = sealed(**match())
    envelope["payload"]["newMember"] = 1
    assert opened(envelope).payload.id == "m1"
    minimal = {"userId": "u", "email": "e", "firstName": "f", "lastName": "l", "status": "active", "roles": []}
    assert msgspec.convert(minimal, UserSnapshot).deleted is False


def test_a_handler_for_what_a_service_does_not_hear_is_refused() -> None:
    with pytest.raises(ValueError, match="no subscriber"):
        handles("lead.created", service="auth")
    with pytest.raises(KeyError):
        handles("lead.exploded", service="buyers")


def test_every_event_has_a_handler_at_every_subscriber() -> None:
    missing = [
        f"{name} at {service}"
        for name, event in EVENTS.items()
        for service in event.subscribers
        if not handlers.handlers_of(service, name)
    ]
    assert not missing


def test_the_catalogue_names_services_of_the_platform_only() -> None:
    for event in EVENTS.values():
        assert {event.owner, *event.subscribers} <= set(settings.PLATFORM_SERVICES)


def test_the_documentation_of_events_is_current() -> None:
    assert (ROOT / "docs" / "events.md").read_text(encoding="utf-8") == catalogue_page()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Any]:
    """Starts real workers of the monolith on this test's databases and broker."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        ready = tmp_path / f"ready{len(started)}"
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "services.monolith.celery", "worker"]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                env={**os.environ, "LEADMESH_READY_FILE": str(ready)},
                stdout=log,
                stderr=log,
            )
        started.append(process)
        until(ready.exists, 90)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def buyers(count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        key = f"{number:024x}"
        payload = BuyerSnapshot(
            id=key,
            company_name="C",
            contact_name="N",
            buyer_type="investor",
            investment_range="0-50k",
            is_active=True,
            created_at=MOMENT,
            updated_at=MOMENT,
        )
        event = {"name": "buyer.created", "payload": payload, "entity_id": key, "version": 1, "tenant_id": TENANT}
        in_transaction("buyers", lambda event=event: outbox.record(**event))


@pytest.mark.timeout(180)
def test_a_killed_worker_loses_nothing(worker: Any) -> None:
    first = worker()
    buyers(100)
    time.sleep(0.3)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    buyers(100, start=100)
    worker()
    facts = mongo("analytics")
    until(lambda: facts["buyerfacts"].count_documents({}) == 200, 60)
    assert facts["happenings"].count_documents({}) == 200
    pending = {"deliveredAt": None}
    until(lambda: mongo("buyers")["outboxevents"].count_documents(pending) == 0, 60)


@pytest.mark.timeout(180)
def test_a_broker_that_forgot_everything_loses_nothing(worker: Any) -> None:
    import redis

    process = worker()
    process.send_signal(signal.SIGSTOP)
    buyers(50)
    time.sleep(0.5)
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    process.send_signal(signal.SIGCONT)
    buyers(50, start=50)
    until(lambda: mongo("analytics")["buyerfacts"].count_documents({}) == 100, 90)


@pytest.mark.timeout(180)
def test_a_job_is_logged_under_the_id_of_the_request_that_started_it(worker: Any, tmp_path: Path) -> None:
    worker()
    with bind(request_id="req_1_job"):
        tasks.dispatch.apply_async(("nobody",), queue="leads.outbox")
    tasks.dispatch.apply_async(("nobody else",), queue="leads.outbox")

    def logged() -> list[str]:
        return [line for line in (tmp_path / "worker.log").read_text(encoding="utf-8").splitlines() if "nobody" in line]

    until(lambda: any("nobody else" in line for line in logged()) and len(logged()) >= 2, 30)
    assert [('"request_id": "req_1_job"' in line) for line in logged()] == [
        "nobody else" not in line for line in logged()
    ]


def test_envelopes_are_plain_json(heard: list[Any]) -> None:
    envelope = sealed(**match())
    assert json.loads(json.dumps(envelope)) == envelope
