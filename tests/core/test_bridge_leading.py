"""The bridge as a process: it goes on where it was, one leads, a lost history is walked through, collections are switched."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core.bridge.desk import Desk
from core.bridge.leading import Bridge
from core.bridge.sources import sources_of
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.preparing import LockLost
from core.events.catalogue import EVENTS, EXPORTS
from platform_services import BRIDGED
from tests import revisions
from tests.bridged import bridged, candidate, change, copy_of, events, old_lead, stored

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def following(database: None) -> None:
    """The bridge of leads has begun: what is written from now on is in its stream."""
    bridged()


def test_a_bridge_that_was_away_goes_on_where_it_was() -> None:
    keys = [old_lead()["_id"] for _ in range(40)]
    bridged()
    for key in keys:
        change(key, {"$set": {"notes": "while nobody looked"}})
    bridged()
    bridged()
    assert all(events(key) == [("lead.created", 1), ("lead.updated", 2)] for key in keys)


def test_a_leader_that_was_frozen_changes_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, lead = candidate(who="frozen"), old_lead()
    assert frozen.desk.lock.take()
    assert not candidate(who="other").desk.lock.take()
    mongo("leads")["bridges"].update_one({"_id": "leads"}, {"$set": {"until": now() - timedelta(seconds=1)}})
    bridged()
    # It wakes up in the middle of its work: in front of the first thing that it wants to store.
    monkeypatch.setattr(frozen, "_beat", lambda state, **_: state)
    change(lead["_id"], {"$set": {"notes": "who tells it?"}})
    with pytest.raises(LockLost):
        frozen.lead(until_idle=True)
    assert events(lead["_id"]) == [("lead.created", 1)]
    bridged()
    assert events(lead["_id"]) == [("lead.created", 1), ("lead.updated", 2)]


@contextmanager
def running(*bridges: Bridge, work: Callable[[Bridge], None] = Bridge.run) -> Iterator[None]:
    threads = [threading.Thread(target=work, args=(bridge,)) for bridge in bridges]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for bridge in bridges:
            bridge._stopping.set()
        for thread in threads:
            thread.join()


def test_of_two_bridges_one_works_and_the_other_takes_over() -> None:
    first, second = (Bridge("leads", who, threading.Event(), lease=1.0) for who in ("first", "second"))
    keys: list[Any] = []
    with running(first, second):
        keys += [old_lead()["_id"] for _ in range(30)]
        until(lambda: mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) >= 30)
        leader = first if Desk("leads").state()["holder"] == "first" else second
        leader._stopping.set()
        keys += [old_lead()["_id"] for _ in range(30)]
        until(lambda: mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) >= 60)
    assert all(events(key) == [("lead.created", 1)] for key in keys)


def until(question: Callable[[], Any]) -> None:
    """Wait for a true answer; the test's own time limit ends it."""
    moment = threading.Event()
    while not question():
        moment.wait(0.05)


def test_after_a_gap_in_the_history_all_documents_are_told_again(caplog: pytest.LogCaptureFixture) -> None:
    keys = [old_lead()["_id"] for _ in range(60)]
    bridged()
    change(keys[0], {"$set": {"status": "contacted"}})
    forget_history()
    known = bridged()
    assert known["lostAt"]
    assert "bridge_history_lost" in caplog.text
    assert known["walks"] == {}
    assert known["counts"]["leads"] == {"bridged": 60, "walked": 61}
    assert copy_of(keys[0])["status"] == "contacted"
    assert [version for _, version in events(keys[5])] == [1, 2]
    change(keys[1], {"$set": {"status": "contacted"}})
    bridged()
    assert copy_of(keys[1])["status"] == "contacted"


def forget_history() -> None:
    """Give the bridge a place in a stream that MongoDB does not know."""
    with mongo("leads").watch() as stream:
        old_lead()
        token = str(next(stream)["_id"]["_data"])
    old = {"_data": f"{token[:2]}{1_000_000:08X}{token[10:]}"}
    mongo("leads")["bridges"].update_one({"_id": "leads"}, {"$set": {"resume": old}})


def test_a_walk_that_was_interrupted_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [old_lead()["_id"] for _ in range(60)]
    bridged()
    call_command("bridge", "walk", "leads")
    bridge = candidate()
    assert bridge.desk.lock.take()
    with monkeypatch.context() as patched:
        patched.setattr(bridge, "_beat", lambda state, **_: bridge._stopping.set() or state)
        bridge.lead(until_idle=True)
    bridge.desk.lock.release()
    assert Desk("leads").state()["walks"]["leads"]["done"] == 25
    bridged()
    assert [len(events(key)) for key in keys] == [2] * 60


def test_a_collection_that_is_switched_off_is_left_alone_and_caught_up_with_later() -> None:
    call_command("bridge", "off", "leads")
    lead = old_lead()
    assert "leads" not in bridged().get("counts", {})
    assert "rev" not in stored(lead["_id"])
    call_command("bridge", "on", "leads")
    bridged()
    assert events(lead["_id"]) == [("lead.updated", 1)]
    with pytest.raises(CommandError, match="does not follow credentials"):
        call_command("bridge", "off", "credentials")


def test_documents_from_before_the_bridge_are_caught_up_with_at_its_start() -> None:
    mongo("leads")["bridges"].delete_many({})
    lead = old_lead()
    bridged()
    assert (stored(lead["_id"])["rev"], copy_of(lead["_id"])["status"]) == (1, "new")


def test_every_export_is_followed() -> None:
    followed = {(service, name) for service in settings.SERVICES for name in sources_of(service)}
    exported = {
        (export.owner, revisions.EXPORTED[export.name]) for export in EXPORTS if export.name in revisions.EXPORTED
    }
    assert followed == exported
    assert {service for service, _ in followed} == set(BRIDGED)
    assert {EVENTS[export.event].owner for export in EXPORTS} == set(BRIDGED)
