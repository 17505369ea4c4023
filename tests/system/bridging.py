"""`make bridge-test`: the old system changes 5,000 documents while services, workers and bridges are killed in turn. Afterwards
every change was settled once, every revision told once, and the copies equal their owners' data."""

import argparse
import itertools
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from ops.seed import people
from tests.legacy.documents import Document, Model
from tests.legacy.load import log_in
from tests.legacy.past import Past, buyer_of, faults, settled
from tests.legacy.walk import in_front_of, old_system
from tests.system.platform import Platform, lead_body

# Of 5,000: the rest are leads, through the stand-in's own API.
BUYERS_SHARE = 0.3
_USERS, _KILL_SECONDS = 4, 2.0
_PATIENCE_SECONDS = 600.0
# Changes while the bridge of leads is away for longer than the oplog remembers.
_MISSED = 50
_NAME = "crm"


class Victims:
    """Kills web processes, workers and bridges in turn, by their ids, until told to stop."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.killed: Counter[str] = Counter()

    @contextmanager
    def dying(self) -> Iterator[None]:
        stopping = threading.Event()
        thread = threading.Thread(target=self._kill, args=(stopping,))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def _kill(self, stopping: threading.Event) -> None:
        turns = [(kind, name) for name in ("leads", "buyers", "analytics") for kind in ("bridge", "worker", "web")]
        for kind, name in itertools.cycle(turns):
            if stopping.wait(_KILL_SECONDS):
                return
            service = self._platform.status()["services"][name]
            one = service["instances"][0] if kind == "web" else service[kind]
            if one and one["pid"]:
                with suppress(ProcessLookupError):
                    os.kill(one["pid"], signal.SIGKILL)
                    self.killed[f"{name} {kind}"] += 1


class People:
    """Changes leads through the stand-in's API, as its users do."""

    def __init__(self, url: str) -> None:
        token = log_in(url, "admin@acme.test")["accessToken"]
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self._owner = next(person["_id"] for person in people()["people"] if person["roles"] == ["user"])
        self.made: Counter[str] = Counter()
        self._alive: list[str] = []

    def work(self, first: int, count: int) -> None:
        """Make one's share of `count` changes."""
        for number, _ in enumerate(range(first, count, _USERS)):
            self.change(number)

    def change(self, number: int) -> None:
        """Create a lead, or change or delete the oldest one."""
        turn = number % 10
        if turn < 4 or not self._alive:
            answer = self._client.post("/api/leads", json=lead_body(self._owner))
            self._alive.append(answer.json()["leadId"])
        elif turn < 9:
            changes: Document = {"notes": f"change {number}"} if turn != 5 else {"contactInfo": _contact()}
            answer = self._client.put(f"/api/leads/{self._alive[number % len(self._alive)]}", json=changes)
        else:
            answer = self._client.delete(f"/api/leads/{self._alive.pop(0)}")
        assert answer.status_code < 300, answer.text
        self.made[answer.request.method] += 1


def _contact() -> Document:
    return dict(lead_body("")["contactInfo"])


def run(changes: int, tell: Callable[[str], None]) -> list[str]:
    """Do it on a platform of its own; return what was wrong afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadmesh-bridge-") as name:
        folder = Path(name)
        with old_system(folder) as (legacy, uri), in_front_of(legacy, uri, folder / "platform") as platform:
            database: Database[Document] = MongoClient(uri, tz_aware=True)[_NAME]
            return _proven(platform, legacy, database, changes, tell)


def _proven(
    platform: Platform, legacy: str, database: Database[Document], changes: int, tell: Callable[[str], None]
) -> list[str]:
    _await("the bridges have caught up with what was there before them", partial(_caught_up, database))
    before = {name: settled(database, name, name) for name in ("leads", "buyers")}
    tenant = people()["tenants"][0]["_id"]
    past = Past(Model(database["buyers"], {"isActive": True}), partial(buyer_of, tenant))
    users = [People(legacy) for _ in range(_USERS)]
    victims, started = Victims(platform), time.monotonic()
    buyers = int(changes * BUYERS_SHARE)
    with victims.dying(), ThreadPoolExecutor() as pool:
        work = [pool.submit(one.work, number, changes - buyers) for number, one in enumerate(users)]
        work.append(pool.submit(lambda: [past.change() for _ in range(buyers)]))
        for one in work:
            one.result()
    leads = sum((one.made for one in users), Counter[str]())
    tell(f"{changes} changes in {time.monotonic() - started:.0f} s: leads {dict(leads)}, buyers {dict(past.made)}")
    tell(f"Killed meanwhile: {dict(victims.killed)}")
    made = {"leads": changes - buyers, "buyers": buyers}
    done = time.monotonic()
    _await("all changes are settled", lambda: all(_behind(database, before, made, name) <= 0 for name in made))
    tell(f"All settled {time.monotonic() - done:.1f} s after the last one")
    _await("all events are delivered", lambda: _waiting(database) == 0)
    tell(f"All events delivered {time.monotonic() - done:.1f} s after the last change")
    wrong = [f"{name}: {-_behind(database, before, made, name)} changes too many were settled"
             for name in made if _behind(database, before, made, name)]  # fmt: skip
    for name in made:
        tell(f"{name}: {(database['bridges'].find_one({'_id': name}) or {})['counts'][name]}")
        wrong += faults(database, name)
    wrong += _copies(platform, database, past)
    return wrong + _gap(platform, legacy, database, tell)


def _gap(platform: Platform, legacy: str, database: Database[Document], tell: Callable[[str], None]) -> list[str]:
    """Leads is away, with its bridge, until the oplog has passed what the old system did meanwhile."""
    platform.command("stop", "leads")
    users = People(legacy)
    for number in range(_MISSED):
        users.change(number)
    known = database["bridges"].find_one({"_id": "leads"}) or {}
    _await("the oplog has passed the bridge", lambda: _flood(database, known["at"]))
    started = time.monotonic()
    platform.command("start", "leads")
    _await("the loss is noticed", lambda: (database["bridges"].find_one({"_id": "leads"}) or {}).get("lostAt"))
    _await("all leads are told again", partial(_caught_up, database))
    tell(f"The oplog passed the bridge; {time.monotonic() - started:.1f} s after its start all leads were told again:")
    tell(platform.command("bridge", "status", "leads").strip())
    _await("all events are delivered", lambda: _waiting(database) == 0)
    return [*faults(database, "leads"), *_copies(platform, database, None)]


def _flood(database: Database[Document], until: datetime) -> bool:
    """Write more than the oplog holds; return whether its first entry is later than `until`."""
    rubbish = database["rubbish"]
    for _ in range(4):
        rubbish.replace_one({"_id": 1}, {"_id": 1, "text": os.urandom(6_000_000).hex()}, upsert=True)
    first = database.client["local"]["oplog.rs"].find_one(sort=[("$natural", 1)]) or {}
    return bool(first["ts"].as_datetime() > until)


def _copies(platform: Platform, database: Database[Document], past: Past | None) -> Iterator[str]:
    try:
        platform.manage("rebuild_projections", "--check")
    except Exception as error:
        yield f"copies differ from their owners: {error}"
    for key in past.removed if past else ():
        fact: Any = database["buyerfacts"].find_one({"_id": str(key)})
        # One that was made and removed between two looks was never told.
        if fact and not fact["deletedAt"]:
            yield f"buyer {key} was removed and is still counted"
    parked = database["inboxevents"].count_documents({"state": {"$ne": "applied"}})
    if parked:
        yield f"{parked} events were not applied"


def _caught_up(database: Database[Document]) -> bool:
    states = list(database["bridges"].find())
    return len(states) == 3 and all(state.get("resume") and not state.get("walks", True) for state in states)


def _behind(database: Database[Document], before: dict[str, int], made: dict[str, int], name: str) -> int:
    return made[name] - (settled(database, name, name) - before[name])


def _waiting(database: Database[Document]) -> int:
    return database["outboxevents"].count_documents({"deliveredAt": None})


def _await(what: str, question: Callable[[], Any]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not question():
        if time.monotonic() > deadline:
            raise SystemExit(f"Not within {_PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(0.2)


def main() -> None:
    """Prove it."""
    parser = argparse.ArgumentParser(prog="make bridge-test", description=__doc__)
    parser.add_argument("--changes", type=int, default=5_000, help="default: %(default)s")
    wrong = run(parser.parse_args().changes, lambda line: print(line, flush=True))
    for line in wrong[:20]:
        print(line)
    print(f"{len(wrong)} faults" if wrong else "Every change was settled once; all copies equal their owners' data.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
