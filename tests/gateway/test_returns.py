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
from typer.testing import CliRunner

from gateway.guard.incidents import Incidents
from gateway.states import State
from ops import cli
from tests.gateway.shadowing import Shadowing
from tests.legacy.data import AGENTS
from tests.legacy.load import log_in
from tests.system.platform import until

pytestmark = pytest.mark.timeout(300)

GROUP = "leads.read"
# The interval; what counts as fast on a machine that others use too.
LIMITS = ("seconds=5", "minimum=30", "fast=0.6")


class Sides(Shadowing):
    """Two stand-ins and the gateway in front of both; forty people who ask."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.incidents = Incidents(self.store)
        people = [f"agent{number:02}@acme.test" for number in range(AGENTS)]
        self.tokens = [log_in(self.url(self.old), email)["accessToken"] for email in people]

    def state(self) -> str:
        return str(self.store.current()[1][GROUP])

    @contextmanager
    def asked(self) -> Iterator[Counter[str]]:
        """Ask for leads all the time; count the answers, by their kind."""
        seen, stop = Counter[str](), threading.Event()

        def ask(number: int) -> None:
            with httpx.Client(base_url=self.part.uri, timeout=30) as client:
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
    running = Sides(tmp_path_factory.mktemp("r"))
    running.incidents.set_limits(GROUP, [*LIMITS], author="test")
    yield running
    running.close()


@pytest.fixture
def leadmesh(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setattr(cli, "_ask", lambda _: {"parts": {}})
    yield CliRunner()
    for side in (sides.old, sides.new):
        sides.faults(side)
    for one in sides.incidents.latest(50):
        if one["acknowledged"] is None:
            sides.incidents.acknowledge(one["_id"], reason="the test is over", author="test")
    sides.store.change([GROUP], State("legacy", 0), reason="the test is over", author="test")


def route(leadmesh: CliRunner, to: str, *more: str) -> int:
    return leadmesh.invoke(cli.app, ["route", GROUP, "--to", to, "--reason", "a test", *more]).exit_code


def over(leadmesh: CliRunner, to: str) -> None:
    """Move the group, whatever the passport says."""
    assert route(leadmesh, to, "--force") == 0


def warm(seen: Counter[str], requests: int = 150) -> None:
    """Let both sides be measured."""
    before = seen["answered"]
    until(lambda: seen["answered"] > before + requests, 60)


@pytest.mark.parametrize("to", ["canary=50", "service"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"slow": 1.5}, "time"),
        ({"status": 500}, "errors"),
        ({"hang": True}, "time"),
        ({"differences": ["missing-field"]}, "differences"),
    ],
    ids=["slow", "5xx", "hanging", "wrong"],
)
def test_a_service_that_turns_bad_gives_its_group_back(
    sides: Sides, leadmesh: CliRunner, to: str, fault: dict[str, Any], kind: str
) -> None:
    with sides.asked() as seen:
        warm(seen)
        over(leadmesh, to)
        warm(seen)
        assert (sides.state()[:6], seen["bad"]) == (to[:6], 0)
        begun = time.monotonic()
        sides.faults(sides.new, path="/api/leads", **fault)
        until(lambda: sides.state() == "legacy", 40)
        took = time.monotonic() - begun
        incident = sides.incidents.latest(1)[0]
        until(lambda: sides.store.gateways()[0]["version"] >= incident["_id"])
        time.sleep(2)
        for side in (sides.new,) * ("hang" in fault):
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
        assert route(leadmesh, "canary=10") == 2
        until(lambda: sides.incidents.latest(1)[0]["after"], 20)
        assert sides.incidents.latest(1)[0]["after"]["errors"] == 0
        # Made well and acknowledged, it goes over and stays there.
        sides.faults(sides.new)
        sides.incidents.acknowledge(incident["_id"], reason="made well", author="test")
        over(leadmesh, to)
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
        over(leadmesh, to)
        warm(seen, 100)
        for side in (sides.old, sides.new):
            sides.faults(side, path="/api/leads", **fault)
        warm(seen, 60)
        time.sleep(3)
        assert sides.state()[:6] == to[:6]
        # The service first, so that it is never the worse one.
        sides.faults(sides.new)
        sides.faults(sides.old)
    assert sides.incidents.latest(1) == before


def test_what_went_back_stays_back_when_the_agent_starts_anew(sides: Sides, leadmesh: CliRunner) -> None:
    with sides.asked() as seen:
        over(leadmesh, "service")
        warm(seen)
        sides.faults(sides.new, path="/api/leads", status=500)
        until(lambda: sides.state() == "legacy", 40)
        sides.agent.process.kill()
        sides.agent.process.wait()
        bad = seen["bad"]
        warm(seen, 50)
        sides.start_agent()
        assert route(leadmesh, "canary=10") == 2
        # And the new one goes on judging.
        sides.incidents.acknowledge(sides.incidents.latest(1)[0]["_id"], reason="x", author="test")
        over(leadmesh, "service")
        until(lambda: sides.state() == "legacy", 40)
    assert seen["bad"] >= bad


def test_an_agent_that_hangs_or_is_dead_costs_no_client_anything(sides: Sides, leadmesh: CliRunner) -> None:
    import signal

    over(leadmesh, "service")
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
        sides.faults(sides.new, path="/api/leads", status=500)
        until(lambda: sides.state() == "legacy", 40)
