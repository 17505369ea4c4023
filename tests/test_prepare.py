"""`manage.py prepare`: complete, repeatable, gentle with what is there, safe when several run at once, clear when it cannot."""

import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from bson import Binary
from django.conf import settings
from django.core.management import call_command
from pymongo import ASCENDING

from core.documents.changes import Change, carry_out, changes_of
from core.documents.collection import PlainCollection, now
from core.documents.driver import database as mongo
from core.documents.driver import raw
from core.documents.indexes import IndexRefused, Replaced, ensure_indexes, index
from core.documents.preparing import COLLECTION, Lock, LockLost, holding
from core.documents.transactions import current_session
from services.leads.leads import models

pytestmark = pytest.mark.usefixtures("database")

ROOT = Path(__file__).resolve().parents[1]
THINGS = PlainCollection("things", service="leads")
# A service with a change that this test knows: adds 1 to `n` of all things, two in a batch, and hangs in the third batch.
CHANGING = """
import sys, time, types, pathlib
from pymongo import UpdateOne
from core.documents.collection import PlainCollection
from core.documents.driver import raw
from core.documents.changes import Change
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "services.leads.settings"
import django; django.setup()
from core.documents.transactions import current_session
THINGS, STOPS = PlainCollection("things", service="leads"), sys.argv[1] == "stops"
def add(found):
    session = current_session("leads")
    writes = [UpdateOne({"_id": thing["_id"]}, {"$inc": {"n": 1}}) for thing in found]
    raw(THINGS).bulk_write(writes, session=session)
    if STOPS and any(thing["_id"] == "c" for thing in found):
        print("stopped", session.session_id["id"].hex(), flush=True)
        time.sleep(1000)
module = types.ModuleType("services.leads.changes")
module.CHANGES = (Change(1, "things are counted", THINGS, {"n": {"$exists": True}}, add, batch=2),)
module.__spec__ = types.SimpleNamespace(name="services.leads.changes")
sys.modules["services.leads.changes"] = module
from django.core.management import call_command
call_command("prepare", lease=1.0)
"""


@pytest.fixture
def shared(database: None) -> Iterator[Any]:
    """An empty database for all services, as in brownfield mode."""
    db = mongo("leads").client[f"{settings.DATABASES['default']['NAME']}_shared"]
    db.client.drop_database(db.name)
    yield db
    db.client.drop_database(db.name)


@pytest.fixture
def things() -> Iterator[Any]:
    """A collection of its own in the database of leads."""
    found = mongo("leads")["things"]
    found.drop()
    yield found
    found.drop()
    mongo("leads")[COLLECTION].delete_many({"_id": {"$in": ["leads:0001", "lock", "release:leads"]}})


def process(*command: str, name: str = "") -> subprocess.Popen[str]:
    environment = dict(os.environ)
    if name:
        environment = {key: value for key, value in environment.items() if not key.endswith("_MONGODB_NAME")}
        environment["MONGODB_NAME"] = name
    pipe = subprocess.PIPE
    command = (sys.executable, "-W", "ignore", *command)
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=pipe, stderr=pipe)


def prepare(service: str, name: str) -> subprocess.Popen[str]:
    return process(f"services/{service}/manage.py", "prepare", name=name)


def ended(started: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = started.communicate(timeout=100)
    return started.returncode, said, complained[-400:]


def indexes(db: Any) -> dict[str, list[str]]:
    return {name: sorted(db[name].index_information()) for name in db.list_collection_names()}


def lacking(shared: Any) -> dict[str, set[str]]:
    """What the databases of the tests have, each prepared alone, and the shared one has not."""
    found = indexes(shared)
    wanted = [item for service in settings.SERVICES for item in indexes(mongo(service)).items()]
    missing = {name: set(names) - set(found.get(name, ())) - {"_id_"} for name, names in wanted}
    return {name: names for name, names in missing.items() if names}


# -- complete and repeatable -----------------------------------------------------------------------------------------
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_preparing_twice_changes_nothing() -> None:
    before = {service: indexes(mongo(service)) for service in settings.SERVICES}
    call_command("prepare", verbosity=0)
    assert {service: indexes(mongo(service)) for service in settings.SERVICES} == before


def test_one_process_prepares_a_shared_database_for_every_service(shared: Any) -> None:
    assert ended(prepare("monolith", shared.name))[0] == 0
    assert not lacking(shared)


def test_a_database_that_migrations_of_old_releases_made_is_prepared(shared: Any) -> None:
    applied = [{"app": "leads_leads", "name": "0003_pages"}, {"app": "core_events", "name": "0001_events"}]
    shared["django_migrations"].insert_many(applied)
    assert ended(prepare("leads", shared.name))[0] == 0
    assert "page_score" in shared["leads"].index_information()
    # The release before finds its own notes if it comes back.
    assert shared["django_migrations"].count_documents({"app": {"$in": ["leads_leads", "core_events"]}}) == 2


# -- several at once -------------------------------------------------------------------------------------------------
def test_five_services_prepare_one_database_at_once(shared: Any) -> None:
    outcomes = [ended(started) for started in [prepare(service, shared.name) for service in settings.SERVICES]]
    assert [complained for code, _, complained in outcomes if code] == []
    assert any("Waiting: " in said for _, said, _ in outcomes)
    assert not lacking(shared)


def test_a_waiting_process_says_for_whom(shared: Any) -> None:
    with holding(Lock(shared[COLLECTION], "leads (pod-7)"), print):
        waiting = prepare("buyers", shared.name)
        assert waiting.stdout
        line = waiting.stdout.readline()
        assert line.startswith(f"Waiting: {shared.name} is being prepared by leads (pod-7) since ")
        assert "buyers" not in shared.list_collection_names()
    assert ended(waiting)[0] == 0
    assert "buyers" in shared.list_collection_names()


def test_no_process_overtakes_one_that_lives(shared: Any) -> None:
    holder, other = Lock(shared[COLLECTION], "holder", seconds=3), Lock(shared[COLLECTION], "other")

    def until() -> Any:
        return shared[COLLECTION].find_one({"_id": "lock"})["until"]

    with holding(holder, print):
        first = until()
        # Renewed for longer than a whole lease.
        while until() - first < timedelta(seconds=4):
            assert not other.take()
            time.sleep(0.1)
    assert other.take()


# -- what is there ---------------------------------------------------------------------------------------------------
def test_the_old_systems_indexes_are_left_alone(things: Any) -> None:
    things.create_index([("a", ASCENDING)], name="named_by_somebody_else")
    things.create_index([("x", "text")], name="their_search")
    wanted = [index("a", name="ours"), index(("y", "text"), name="our_search"), index("b", name="new")]
    assert ensure_indexes(things, wanted) == ["new"]
    assert set(things.index_information()) == {"_id_", "named_by_somebody_else", "their_search", "new"}
    assert ensure_indexes(things, wanted) == []


def test_a_plain_index_gives_way_to_a_unique_one(things: Any) -> None:
    things.create_index([("a", ASCENDING)], name="plain")
    ensure_indexes(things, [index("a", name="ours", unique=True)])
    assert set(things.index_information()) == {"_id_", "ours"}
    assert things.index_information()["ours"]["unique"]


def test_an_index_of_a_part_stands_beside_one_of_all(things: Any) -> None:
    things.create_index([("a", ASCENDING)], name="plain")
    wanted = [index("a", name="part", unique=True, partialFilterExpression={"open": True})]
    assert ensure_indexes(things, wanted) == ["part"]
    assert ensure_indexes(things, [*wanted, index("a", name="plain")]) == []
    assert set(things.index_information()) == {"_id_", "plain", "part"}


def test_duplicates_are_told_by_their_ids_and_the_old_index_comes_back(things: Any) -> None:
    things.insert_many(
        [{"_id": 1, "a": "ann@acme.test"}, {"_id": 2, "a": "bob@acme.test"}, {"_id": 3, "a": "ann@acme.test"}]
    )
    things.create_index([("a", ASCENDING)], name="plain")
    with pytest.raises(IndexRefused) as refused:
        ensure_indexes(things, [index("a", name="ours", unique=True)])
    assert str(refused.value) == "Index ours of things cannot be built: the documents 1 and 3 have the same a"
    assert set(things.index_information()) == {"_id_", "plain"}


def test_one_refused_index_keeps_no_other_from_being_built(things: Any) -> None:
    things.insert_many([{"a": 1, "b": 1}, {"a": 1, "b": 1}])
    wanted = [index("a", name="one", unique=True), index("b", name="two", unique=True), index("c", name="three")]
    with pytest.raises(IndexRefused) as refused:
        ensure_indexes(things, wanted)
    assert [line.split()[1] for line in str(refused.value).splitlines()] == ["one", "two"]
    assert set(things.index_information()) == {"_id_", "three"}


def test_an_index_without_expiry_is_not_one_with(things: Any) -> None:
    things.create_index([("at", ASCENDING)], name="plain")
    ttl = index("at", name="at_ttl", expireAfterSeconds=0)
    assert ensure_indexes(things, [ttl]) == ["at_ttl"]
    assert things.index_information()["at_ttl"]["expireAfterSeconds"] == 0
    assert ensure_indexes(things, [ttl]) == []


def test_without_a_database_the_command_ends_with_one_sentence() -> None:
    nowhere = {**os.environ, "MONGODB_URI": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=500"}
    command = [sys.executable, "services/buyers/manage.py", "prepare"]
    ended = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith("CommandError: MongoDB is out of reach for ")
    assert "Traceback" not in ended.stderr


def test_a_name_that_is_taken_is_told(things: Any) -> None:
    things.create_index([("a", ASCENDING)], name="ours")
    with pytest.raises(IndexRefused, match="Index ours of things cannot be built: another one has this name; "):
        ensure_indexes(things, [index("b", name="ours")])


def test_the_command_ends_with_one_sentence(shared: Any) -> None:
    shared["tenants"].insert_many([{"_id": 1, "name": "acme"}, {"_id": 2, "name": "acme"}])
    code, _, complained = ended(prepare("users", shared.name))
    told = "Index name_1 of tenants cannot be built: the documents 1 and 2 have the same name"
    assert (code, f"CommandError: {told}" in complained.splitlines()) == (1, True)
    # Nobody has to wait for a lease to pass.
    assert Lock(shared[COLLECTION], "the next").take()


# -- expand, then contract -------------------------------------------------------------------------------------------
def test_a_replaced_index_goes_one_release_later(things: Any, monkeypatch: Any, settings: Any) -> None:
    better = PlainCollection(
        "things", service="leads", indexes=(index("a", "b"),), replaces=(Replaced("0.2.0", ("narrow",)),)
    )
    monkeypatch.setattr(models, "THINGS", better, raising=False)

    def left(*releases: str) -> list[bool]:
        """Whether the narrow index is there after each of these releases has prepared, one after the other."""
        mongo("leads")[COLLECTION].delete_one({"_id": "release:leads"})
        things.create_index([("a", ASCENDING)], name="narrow")
        found = []
        for settings.LEADMESH_VERSION in releases:
            call_command("prepare", verbosity=0)
            found.append("narrow" in things.index_information())
        return found

    # 0.2.0 twice, as a Job does that is tried again: the release before still runs.
    assert left("0.1.9", "0.2.0", "0.2.0", "0.3.0") == [True, True, True, False]
    # A release left out: 0.1.9 is what runs while 0.10.0 is prepared.
    assert left("0.1.9", "0.10.0", "0.11.0") == [True, True, False]
    assert "a_1_b_1" in things.index_information()


# -- data changes ----------------------------------------------------------------------------------------------------
def test_a_killed_change_goes_on_where_it_was_and_is_done_once(things: Any) -> None:
    # Ids of several types, as the old system has them.
    things.insert_many([{"_id": key, "n": 0} for key in (1, 2, "a", "b", "c", "d", now())])
    killed = process("-c", CHANGING, "stops")
    assert killed.stdout
    while not (line := killed.stdout.readline()).startswith("stopped"):
        assert line, killed.stderr and killed.stderr.read()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    # The server does this by itself after a minute.
    mongo("leads").client.admin.command("killSessions", [{"id": Binary(bytes.fromhex(line.split()[1]), 4)}])
    done = [thing["_id"] for thing in things.find({"n": 1})]
    assert done == [1, 2, "a", "b"]

    code, said, complained = ended(process("-c", CHANGING, "goes"))
    assert code == 0, complained
    assert "leads:0001 things are counted: 6 of 7 documents" in said
    assert ": 2 of 7" not in said
    assert {thing["n"] for thing in things.find()} == {1}
    assert "things are counted" not in ended(process("-c", CHANGING, "goes"))[1]
    assert {thing["n"] for thing in things.find()} == {1}


def add(found: Sequence[Any]) -> None:
    keys = [thing["_id"] for thing in found]
    raw(THINGS).update_many({"_id": {"$in": keys}}, {"$inc": {"n": 1}}, session=current_session("leads"))


def test_one_that_was_thought_dead_changes_nothing_any_more(things: Any) -> None:
    things.insert_many([{"_id": key, "n": 0} for key in range(5)])
    first, second = (Lock(mongo("leads")[COLLECTION], who) for who in ("first", "second"))
    overtaken = []

    def slow(found: Sequence[Any]) -> None:
        if not overtaken:
            overtaken.append(Thread(target=carry_out, args=(Change(1, "x", THINGS, {}, add), second, print)))
            overtaken[0].start()
            overtaken[0].join()
        add(found)

    with pytest.raises(LockLost):
        carry_out(Change(1, "x", THINGS, {}, slow), first, print)
    assert {thing["n"] for thing in things.find()} == {1}


def test_a_lost_lock_is_noticed(shared: Any) -> None:
    first, second = Lock(shared[COLLECTION], "first", seconds=0), Lock(shared[COLLECTION], "second")
    assert first.take()
    assert second.take()
    with pytest.raises(LockLost, match="first gave no sign of life for 0 s, and another one goes on; run it again"):
        first.renew()
    first.release()
    assert not Lock(shared[COLLECTION], "third").take()


def test_changes_are_numbered_without_gaps(monkeypatch: Any) -> None:
    module = types.ModuleType("services.leads.changes")
    module.CHANGES = (Change(2, "x", THINGS, {}, add),)  # type: ignore[attr-defined]
    module.__spec__ = types.SimpleNamespace(name=module.__name__)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(ValueError, match="numbered 1, 2, 3"):
        changes_of("leads")
