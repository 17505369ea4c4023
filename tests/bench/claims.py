"""`python -m tests.bench.claims`: many agents, a process each, claim queued leads at the same time; some are killed half way.

Prints claims a second and how long one takes, and proves that no lead went to two: after the leases of the killed ones have
ended and their leads were claimed again, each has one agent, the same in its item, its assignment and the lead itself.
"""

import argparse
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from ops.parts import mongodb, redis
from tests.parts import free_port

ROOT = Path(__file__).resolve().parents[2]
TENANT = "64b000000000000000000001"
_SETTINGS = "services.leads.settings"
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Outcome:
    """What a run was like: how many claims by processes that lived, in which time, how long each; how many leads came back."""

    claims: int
    seconds: float
    milliseconds: list[float]
    returned: int

    def __str__(self) -> str:
        p50, p99 = statistics.median(self.milliseconds), statistics.quantiles(self.milliseconds, n=100)[98]
        rate = f"{self.claims} claims in {self.seconds:.1f} s: {self.claims / self.seconds:.0f} claims/s"
        return f"{rate}, p50 {p50:.0f} ms, p99 {p99:.0f} ms; {self.returned} leads of the killed came back"


class Claims:
    """A database with queued leads, and the processes that claim them. Expects MONGODB_URI and REDIS_URL; the database is
    its own and is dropped in the end."""

    def __init__(self, folder: Path, claimers: int, leads: int) -> None:
        self.folder = folder
        self.leads = leads
        self.name = f"leadmesh_claims_{os.getpid()}"
        self.agents = [str(ObjectId()) for _ in range(claimers)]
        self.start = _FORK.Event()

    def run(self, killed: int) -> Outcome:
        """Let everybody claim, kill the first `killed` half way, end their leases, claim the rest, and check it all."""
        self._prepare()
        processes = [self._fork(agent) for agent in self.agents]
        # Not before: a client must not be shared with forked processes.
        client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGODB_URI"], tz_aware=True)
        try:
            database = client[self.name]
            self._fill(database)
            started = time.monotonic()
            self.start.set()
            self._kill_half_way(database, processes[:killed])
            for process in processes:
                process.join()
            seconds = time.monotonic() - started
            assert all(process.exitcode == 0 for process in processes[killed:])
            returned = self._end_leases(database, killed)
            self._check(database, killed)
            times = [taken for agent in self.agents for taken in self._noted(agent).values()]
            return Outcome(len(times), seconds, times, returned)
        finally:
            client.drop_database(self.name)
            client.close()

    def _prepare(self) -> None:
        os.environ.update({"LEADS_MONGODB_NAME": self.name, "DJANGO_SETTINGS_MODULE": _SETTINGS})
        os.environ |= {"LEADMESH_ENV": "test", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-W", "ignore", "services/leads/manage.py", "prepare", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        import django

        django.setup()

    def _fork(self, agent: str) -> Any:
        process = _FORK.Process(target=self._claim_all, args=(agent,), daemon=True)
        process.start()
        return process

    def _claim_all(self, agent: str) -> None:
        """Claim until nothing is pending; note each claim once it is the agent's."""
        from core.documents.scope import TenantScope
        from core.errors import NotFound
        from services.leads.assignment.actions import claim

        scope = TenantScope(TENANT, agent)
        with (self.folder / agent).open("w", buffering=1) as notes:
            self.start.wait()
            while True:
                started = time.perf_counter()
                try:
                    item = claim(scope)
                except NotFound:
                    return
                notes.write(f"{item['leadId']} {(time.perf_counter() - started) * 1000}\n")

    def _noted(self, agent: str) -> dict[str, float]:
        """What an agent noted: the leads they got, and after how many milliseconds."""
        lines = (self.folder / agent).read_text().splitlines()
        # A killed one may have been writing.
        return {line.split()[0]: float(line.split()[1]) for line in lines if line.count(" ") == 1}

    def _fill(self, database: Any) -> None:
        moment = datetime.now(UTC)
        common = {"tenantId": TENANT, "createdAt": moment, "updatedAt": moment, "__v": 0, "rev": 1}
        people = [{"_id": agent, "name": agent, "status": "active", "roles": ["user"]} for agent in self.agents]
        database["leadsdirectory"].insert_many([{**person, **common, "projectedAt": moment} for person in people])
        chosen = [{"agentId": agent, "maxCapacity": self.leads + 1} for agent in self.agents]
        database["leadagents"].insert_many([{**one, **common} for one in chosen])
        ids = [ObjectId() for _ in range(self.leads)]
        lead = {"status": "new", "source": "website", "priority": "medium", "contactInfo": {}, **common}
        former = {"assignedTo": ObjectId(), "activities": []}
        database["leads"].insert_many([{"_id": key, "leadId": str(key), **lead, **former} for key in ids])
        item = {"priority": 1, "status": "pending", "tags": [], "open": True, **common}
        database["queueitems"].insert_many([{"leadId": str(key), **item} for key in ids])

    def _kill_half_way(self, database: Any, victims: list[Any]) -> None:
        while victims and database["queueitems"].count_documents({"status": "pending"}) > self.leads / 2:
            time.sleep(0.02)
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)

    def _end_leases(self, database: Any, killed: int) -> int:
        """Let the time of the killed agents' leases pass, and somebody else claim what comes back; return how many."""
        from services.leads.assignment.outcomes import return_expired

        over = {"$set": {"expiresAt": datetime.now(UTC) - timedelta(seconds=1)}}
        database["queueitems"].update_many({"agentId": {"$in": self.agents[:killed]}, "status": "assigned"}, over)
        returned = 0
        while batch := return_expired():
            returned += batch
        heir = self.agents[-1]
        before = self._noted(heir)
        self._claim_all(heir)
        again = self._noted(heir)
        assert len(again) == returned, (len(again), returned)
        (self.folder / heir).write_text("".join(f"{key} {taken}\n" for key, taken in (before | again).items()))
        return returned

    def _check(self, database: Any, killed: int) -> None:
        """Nobody has two, everybody has what they were told, and all three documents agree."""
        living = Counter(key for agent in self.agents[killed:] for key in self._noted(agent))
        assert set(living.values()) == {1}, living.most_common(3)
        assert len(living) == self.leads, (len(living), self.leads)
        items = {one["leadId"]: one["agentId"] for one in database["queueitems"].find({"status": "assigned"})}
        rows = list(database["assignments"].find({"open": True}))
        holders = {row["leadId"]: row["agentId"] for row in rows}
        assigned = {str(one["_id"]): str(one["assignedTo"]) for one in database["leads"].find()}
        assert len(rows) == len(holders) == self.leads
        assert items == holders == assigned
        assert all(key in self._noted(agent) for key, agent in holders.items())


@contextmanager
def parts(folder: Path) -> Iterator[None]:
    """A MongoDB and a Redis-protocol server of its own."""
    started = [mongodb.start(folder / "mongodb", free_port()), redis.start(folder / "redis", free_port())]
    os.environ |= {"MONGODB_URI": started[0].uri, "REDIS_URL": started[1].uri}
    try:
        yield
    finally:
        for part in started:
            part.stop()


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.claims", description=__doc__)
    parser.add_argument("--claimers", type=int, default=64, help="processes (64)")
    parser.add_argument("--leads", type=int, default=10_000, help="queued leads (10000)")
    parser.add_argument("--killed", type=int, default=2, help="processes that are killed half way (2)")
    parser.add_argument("--here", action="store_true", help="use MONGODB_URI and REDIS_URL instead of own servers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadmesh-bench-") as folder:
        claims = Claims(Path(folder), options.claimers, options.leads)
        if options.here:
            print(claims.run(options.killed), flush=True)
        else:
            with parts(Path(folder)):
                print(claims.run(options.killed), flush=True)


if __name__ == "__main__":
    main()
