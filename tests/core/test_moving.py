"""`manage.py data_split`: a service's data goes to another database and back while it is written, and nothing is lost."""

import hashlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from django.core.management import CommandError, call_command
from pymongo.errors import OperationFailure

from core.documents import fencing, moving, placement
from core.documents.collection import now
from core.documents.declared import declared_of
from core.documents.driver import database, home
from core.documents.scope import TenantScope
from core.events.testing import deliver_all
from services.leads.leads.actions import create_lead, delete_lead, update_lead
from services.leads.queueing.actions import add
from tests.conftest import TENANT, Api, Caller
from tests.leads.test_leads import AGENT
from tests.leads.test_leads import body as lead_body
from tests.test_prepare import process

MANY = 3_000
SCOPE = TenantScope(TENANT, AGENT)


@pytest.fixture
def elsewhere(database: None) -> Iterator[str]:
    """The name of a database for leads; afterwards everything is as it was."""
    own, name = home("leads"), f"{home('leads').name}_split"
    own.client.drop_database(name)
    known = {"tenantId": TENANT, "status": "active", "roles": [], "version": 0}
    own["leadsdirectory"].insert_one({"_id": AGENT, "name": "Owner", **known})
    yield name
    names = [declared.name for declared in declared_of("leads", own=True)]
    own[placement.COLLECTION].delete_many({})
    for one in names:
        if any(found["type"] == "view" for found in own.list_collections(filter={"name": one})):
            own.drop_collection(one)
        own.drop_collection(fencing.MOVED + one)
        own.drop_collection(fencing.STAGED + one)
    for part in ("outboxevents", "inboxevents"):
        own.command("collMod", part, validator={})
    own.client.drop_database(name)
    placement.forget("leads")
    call_command("prepare", verbosity=0)


def moved(*words: str) -> str:
    said = StringIO()
    call_command("data_split", "leads", *words, stdout=said)
    placement.forget("leads")
    return said.getvalue()


def split(name: str) -> "subprocess.Popen[str]":
    return process("services/leads/manage.py", "data_split", "leads", "--to", name)


def filled(count: int = MANY) -> None:
    lead = {"tenantId": TENANT, "status": "new", "source": "other", "assignedTo": ObjectId(AGENT), "contactInfo": {}}
    documents = [{**lead, "leadId": str(ObjectId()), "createdAt": now(), "notes": "x" * 200} for _ in range(count)]
    home("leads")["leads"].insert_many(documents)


class Writer(threading.Thread):
    """Creates, changes, queues and deletes leads until it is stopped. told: what each must show; longest: seconds of a write."""

    def __init__(self, number: int) -> None:
        super().__init__(daemon=True)
        self.number, self.told, self.gone = number, dict[str, str](), set[str]()
        self.queued, self.faults, self.longest, self.over = set[str](), list[str](), 0.0, threading.Event()

    def run(self) -> None:
        count = 0
        while not self.over.is_set():
            count += 1
            try:
                self._write(count)
            except Exception as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}")

    def _write(self, count: int) -> None:
        phone = f"{self.number}{count:09}"[:10].replace("0", "5", 1)
        contact = {**lead_body()["contactInfo"], "email": f"w{self.number}.{count}@x.test", "phone": phone}
        lead = self._timed(create_lead, SCOPE, {**lead_body(contactInfo=contact), "assignedTo": AGENT})
        key = str(lead["_id"])
        self.told[key] = "none"
        self._timed(update_lead, SCOPE, key, {"notes": f"n{count}"})
        self.told[key] = f"n{count}"
        if count % 3 == 0:
            self._timed(delete_lead, SCOPE, key)
            self.gone.add(key)
        elif count % 3 == 1:
            self._timed(add, SCOPE, key, 1)
            self.queued.add(key)

    def _timed(self, work: Any, *words: Any) -> Any:
        started = time.perf_counter()
        try:
            return work(*words)
        finally:
            self.longest = max(self.longest, time.perf_counter() - started)


@contextmanager
def written(*, writers: int = 2) -> Iterator[list[Writer]]:
    threads = [Writer(number) for number in range(1, writers + 1)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.over.set()
        for thread in threads:
            thread.join()


def lost(writers: list[Writer]) -> list[str]:
    """What a writer was promised and is not so."""
    # First what was promised: the writers go on.
    told = {key: value for writer in writers for key, value in [*writer.told.items()]}
    gone = {key for writer in writers for key in [*writer.gone]}
    awaited = {key for writer in writers for key in [*writer.queued]}
    leads = {str(lead["_id"]): lead for lead in database("leads")["leads"].find()}
    queued = {str(item["leadId"]) for item in database("leads")["queueitems"].find()}
    events = {event["entityId"] for event in database("leads")["outboxevents"].find({"name": "lead.created"})}
    other = [key for key, value in told.items() if key in leads and value not in ("none", leads[key].get("notes"))]
    return [
        *(f"{key} is missing" for key in told if key not in leads),
        *(f"{key} shows {leads[key].get('notes')}" for key in other),
        *(f"{key} is not deleted" for key in gone if not leads.get(key, {}).get("deletedAt")),
        *(f"{key} is not queued" for key in awaited - queued),
        *(f"{key} has no event" for key in told if key not in events),
    ]


def checksum(name: str, collection: str) -> tuple[int, str]:
    """Count and digest of all documents, byte by byte."""
    raw: Any = home("leads").client[name].with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    digest, count = hashlib.sha256(), 0
    for document in raw[collection].find().sort("_id", 1):
        digest.update(document.raw)
        count += 1
    return count, digest.hexdigest()


@pytest.mark.timeout(400)
def test_there_and_back_under_load_loses_nothing(elsewhere: str, capsys: Any) -> None:
    filled()
    own = home("leads").name
    with written() as writers:
        for words in (("--to", elsewhere), ("--back",)):
            command = process("services/leads/manage.py", "data_split", "leads", *words)
            said, complained = command.communicate(timeout=180)
            assert command.returncode == 0, complained[-600:]
            with capsys.disabled():
                pause = max(writer.longest for writer in writers)
                print(f"\n  {said.splitlines()[-1]} Longest write: {pause:.2f} s.", flush=True)
            for writer in writers:
                writer.longest = 0.0
            there = elsewhere if words[0] == "--to" else own
            # Read after write, in this process too.
            assert database("leads").name == there
            assert lost(writers) == []
    assert [fault for writer in writers for fault in writer.faults] == []
    assert lost(writers) == []
    for declared in declared_of("leads", own=True):
        assert home("leads")[declared.name].index_information().keys() >= {
            one.document["name"] for one in declared.indexes
        }


@pytest.mark.timeout(300)
def test_counts_and_checksums_are_equal_and_the_old_place_refuses_writes(elsewhere: str, api: Api) -> None:
    filled(300)
    own, names = home("leads"), [declared.name for declared in declared_of("leads", own=True)]
    before = {name: checksum(own.name, name) for name in names}
    moved("--to", elsewhere)
    assert {name: checksum(elsewhere, name) for name in names} == before
    assert {name: checksum(own.name, fencing.MOVED + name) for name in names} == before
    for write in (lambda: own["leads"].insert_one({}), lambda: own["leads"].delete_many({})):
        with pytest.raises(OperationFailure):
            write()
    with pytest.raises(OperationFailure):
        own["outboxevents"].insert_one({"publisher": "leads"})
    key = own["outboxevents"].insert_one({"publisher": "users"}).inserted_id
    own["outboxevents"].delete_one({"_id": key})
    made = api.post("/api/leads", {**lead_body(), "assignedTo": AGENT}, as_=Caller("admin"))
    assert made.status_code == 201
    deliver_all()
    after = {name: checksum(elsewhere, name) for name in names}
    assert after["leads"] != before["leads"]
    status = json.loads(moved("--status"))
    assert (status["home"], status["database"], status["move"]) == (own.name, elsewhere, None)
    assert "gone" in moved("--drop")
    moved("--back")
    assert {name: checksum(own.name, name) for name in names} == after
    assert api.get(f"/api/leads/{made.json()['leadId']}", as_=Caller("admin")).status_code == 200
    moved("--drop")
    assert elsewhere not in own.client.list_database_names()


@pytest.mark.timeout(300)
def test_a_killed_command_goes_on_where_it_was(elsewhere: str) -> None:
    filled(20_000)
    notes = home("leads")[placement.COLLECTION]
    with written(writers=1) as writers:
        command = split(elsewhere)
        while not (((notes.find_one() or {}).get("move") or {}).get("parts", {}).get("leads", {}).get("copied")):
            assert command.poll() is None
            time.sleep(0.02)
        command.send_signal(signal.SIGKILL)
        command.communicate()
        copied = (notes.find_one() or {})["move"]["parts"]["leads"]["copied"]
        assert 0 < copied < 20_000
        told = (notes.find_one() or {})["move"]["token"]
        assert told
        second = split(elsewhere)
        _, complained = second.communicate(timeout=200)
        assert second.returncode == 0, complained[-600:]
    assert lost(writers) == []
    assert writers[0].faults == []
    assert database("leads").name == elsewhere


@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", ["_follow", "_settle", "_name"])
def test_one_that_dies_in_the_pause_is_finished_by_the_next(
    elsewhere: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    filled(200)

    def dies(self: Any, *words: Any, until: Any = None, **more: Any) -> Any:
        if where != "_follow" or until is not None:
            raise Killed
        return follow(self, *words, **more)

    follow = moving.Move._follow
    with monkeypatch.context() as patch:
        patch.setattr(moving.Move, where, dies)
        with pytest.raises(Killed):
            moved("--to", elsewhere)
    assert (home("leads")[placement.COLLECTION].find_one() or {})["state"] == placement.PAUSED
    with written(writers=1) as writers:
        time.sleep(0.3)
        assert not writers[0].told
        moved("--to", elsewhere)
        time.sleep(0.5)
    assert writers[0].told
    assert lost(writers) == []
    assert writers[0].faults == []
    assert database("leads")["leads"].count_documents({"notes": "x" * 200}) == 200


def test_who_waits_too_long_is_told_to_come_back(elsewhere: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "_WAIT_SECONDS", 0.05)
    own = home("leads")
    own[placement.COLLECTION].insert_one({"_id": "leads", "database": own.name, "state": placement.PAUSED})  # type: ignore[arg-type]
    placement.forget("leads")
    for answer in (
        api.get("/api/leads", as_=Caller("admin")),
        api.post("/api/leads", {**lead_body(), "assignedTo": AGENT}, as_=Caller("admin")),
    ):
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    own[placement.COLLECTION].delete_many({})
    assert api.get("/api/leads", as_=Caller("admin")).json()["total"] == 0


def test_what_cannot_be_moved(elsewhere: str) -> None:
    home("leads").client[elsewhere]["leads"].insert_one({})
    with pytest.raises(CommandError, match="has documents in leads already"):
        moved("--to", elsewhere)
    with pytest.raises(CommandError, match="already"):
        moved("--back")
    with pytest.raises(CommandError, match="no copy"):
        moved("--drop")
