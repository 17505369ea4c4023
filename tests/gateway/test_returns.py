"""A canary that turns bad, under load: a real Envoy, its agent, and two stand-ins of the old system on one MongoDB, of which one
plays the service."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from gateway.guard.incidents import Incidents
from gateway.states import State
from gateway.store import Store
from ops import cli
from ops.parts import agent
from tests.gateway.test_envoy import Gateway
from tests.legacy import data, leads, others
from tests.legacy.data import AGENTS
from tests.legacy.documents import opened
from tests.legacy.load import log_in
from tests.legacy.server import CONTROL, Legacy, Route
from tests.parts import WORKER, free_port
from tests.system.platform import until

pytestmark = pytest.mark.timeout(300)

SECRET = "the old system's secret, 32 bytes long"
GROUP = "leads.read"
# The interval; what counts as fast on a machine that others use too.
LIMITS = ("seconds=5", "minimum=30", "fast=0.6")


class Sides:
    """The old system, a service, and the gateway in front of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        database = opened(os.environ["MONGODB_URI"], f"test_{WORKER or 'main'}_returns")
        database.client.drop_database(database.name)
        data.load(database)
        ready = Route("GET", "/health/ready", lambda _: {}, roles=None)
        routes = [*leads.ROUTES, *others.ROUTES, ready]
        self.old, self.service = (Legacy(free_port(), database, SECRET, routes) for _ in range(2))
        for one in (self.old, self.service):
            threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        sockets = folder / "s"
        sockets.mkdir()
        legacy = f"http://127.0.0.1:{self.old.server_port}"
        self.gateway = Gateway(folder, legacy=legacy, comparer=str(sockets))
        place = ("127.0.0.1", self.service.server_port)
        self.gateway.endpoints("leads", extra=(place,))
        self.store = Store.of(os.environ)
        self.incidents = Incidents(self.store)
        people = [f"agent{number:02}@acme.test" for number in range(AGENTS)]
        self.tokens = [log_in(legacy, email)["accessToken"] for email in people]
        self.start_agent()

    def start_agent(self) -> None:
        self.agent = agent.start(self.gateway.settings, self.folder / "agent.log", {**os.environ})
        until(self.store.gateways, 15)

    def faults(self, side: Legacy, **wanted: Any) -> None:
        httpx.put(f"http://127.0.0.1:{side.server_port}{CONTROL}", json=wanted).raise_for_status()

    def state(self) -> str:
        return str(self.store.current()[1][GROUP])

    @contextmanager
    def asked(self) -> Iterator[Counter[str]]:
        """Ask for leads all the time; count the answers, by their kind."""
        seen, stop = Counter[str](), threading.Event()

        def ask(number: int) -> None:
            with httpx.Client(base_url=self.gateway.part.uri, timeout=30) as client:
                while not stop.is_set():
                    number += 7
                    headers = {"Authorization": f"Bearer {self.tokens[number % AGENTS]}"}
                    begun = time.monotonic()
                    status = client.get("/api/leads?limit=2", headers=headers).status_code
                    seen["answered"] += 1
                    seen["bad"] += status != 200 or time.monotonic() > begun + 1.2
                    stop.wait(0.05)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            stop.set()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    MongoClient(os.environ["MONGODB_URI"]).drop_database(os.environ["GATEWAY_MONGODB_NAME"])
    running = Sides(tmp_path_factory.mktemp("r"))
    running.incidents.set_limits(GROUP, [*LIMITS], author="test")
    yield running
    running.agent.stop(3)
    running.gateway.part.stop(2)
    for one in (running.old, running.service):
        one.shutdown()
        one.server_close()


@pytest.fixture
def leadmesh(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setattr(cli, "_ask", lambda _: {"parts": {}})
    yield CliRunner()
    for side in (sides.old, sides.service):
        sides.faults(side)
    for one in sides.incidents.latest(50):
        if one["acknowledged"] is None:
            sides.incidents.acknowledge(one["_id"], reason="the test is over", author="test")
    sides.store.change([GROUP], State("legacy", 0), reason="the test is over", author="test")


def route(leadmesh: CliRunner, to: str, *more: str) -> int:
    return leadmesh.invoke(cli.app, ["route", GROUP, "--to", to, "--reason", "a test", *more]).exit_code


def warm(seen: Counter[str], requests: int = 150) -> None:
    """Let both sides be measured."""
    before = seen["answered"]
    until(lambda: seen["answered"] > before + requests, 60)


@pytest.mark.parametrize("to", ["canary=50", "service"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"slow": 1.5}, "time"), ({"status": 500}, "errors"), ({"hang": True}, "time")],
    ids=["slow", "5xx", "hanging"],
)
def test_a_service_that_turns_bad_gives_its_group_back(
    sides: Sides, leadmesh: CliRunner, to: str, fault: dict[str, Any], kind: str
) -> None:
    with sides.asked() as seen:
        warm(seen)
        assert route(leadmesh, to) == 0
        warm(seen)
        assert (sides.state()[:6], seen["bad"]) == (to[:6], 0)
        begun = time.monotonic()
        sides.faults(sides.service, path="/api/leads", **fault)
        until(lambda: sides.state() == "legacy", 40)
        took = time.monotonic() - begun
        incident = sides.incidents.latest(1)[0]
        until(lambda: sides.store.gateways()[0]["version"] >= incident["_id"])
        time.sleep(2)
        for side in (sides.service,) * ("hang" in fault):
            # Who waited is let go, as by a restart.
            side.switch.stopping.set()
            time.sleep(1)
            side.switch.stopping.clear()
        bad, answered = seen["bad"], seen["answered"]
        warm(seen)
        print(f"{to}, {fault}: back after {took:.1f} s; {bad} of {answered} requests were bad: {incident['why']}")
        # The old system answers, whatever the service does.
        assert seen["bad"] == bad
        assert incident["kind"] == kind
        assert route(leadmesh, to) == 2
        until(lambda: sides.incidents.latest(1)[0]["after"], 20)
        assert sides.incidents.latest(1)[0]["after"]["errors"] == 0
        # Made well and acknowledged, it goes over and stays there.
        sides.faults(sides.service)
        sides.incidents.acknowledge(incident["_id"], reason="made well", author="test")
        assert route(leadmesh, to) == 0
        warm(seen, 300)
        assert sides.state()[:6] == to[:6]
    assert sides.incidents.latest(1)[0]["_id"] == incident["_id"]


@pytest.mark.parametrize("to", ["canary=50", "service"])
@pytest.mark.parametrize("fault", [{"slow": 1.5}, {"status": 503}], ids=["slow", "5xx"])
def test_what_both_sides_suffer_from_moves_nothing(
    sides: Sides, leadmesh: CliRunner, to: str, fault: dict[str, Any]
) -> None:
    before = sides.incidents.latest(1)
    with sides.asked() as seen:
        warm(seen)
        assert route(leadmesh, to) == 0
        warm(seen, 100)
        for side in (sides.old, sides.service):
            sides.faults(side, path="/api/leads", **fault)
        warm(seen, 60)
        time.sleep(3)
        assert sides.state()[:6] == to[:6]
        # The service first, so that it is never the worse one.
        sides.faults(sides.service)
        sides.faults(sides.old)
    assert sides.incidents.latest(1) == before


def test_what_went_back_stays_back_when_the_agent_starts_anew(sides: Sides, leadmesh: CliRunner) -> None:
    with sides.asked() as seen:
        assert route(leadmesh, "service") == 0
        warm(seen)
        sides.faults(sides.service, path="/api/leads", status=500)
        until(lambda: sides.state() == "legacy", 40)
        sides.agent.process.kill()
        sides.agent.process.wait()
        bad = seen["bad"]
        warm(seen, 50)
        sides.start_agent()
        assert route(leadmesh, "service") == 2
        # And the new one goes on judging.
        sides.incidents.acknowledge(sides.incidents.latest(1)[0]["_id"], reason="x", author="test")
        assert route(leadmesh, "service") == 0
        until(lambda: sides.state() == "legacy", 40)
    assert seen["bad"] >= bad


def test_an_agent_that_hangs_or_is_dead_costs_no_client_anything(sides: Sides, leadmesh: CliRunner) -> None:
    import signal

    assert route(leadmesh, "service") == 0
    with sides.asked() as seen:
        warm(seen)
        os.kill(sides.agent.process.pid, signal.SIGSTOP)
        warm(seen, 300)
        os.kill(sides.agent.process.pid, signal.SIGCONT)
        sides.agent.process.kill()
        sides.agent.process.wait()
        warm(seen, 300)
        assert seen["bad"] == 0
        sides.start_agent()
        sides.faults(sides.service, path="/api/leads", status=500)
        until(lambda: sides.state() == "legacy", 40)
