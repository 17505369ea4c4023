"""Groups that go back by themselves: a guard on a real MongoDB, a clock of the test's own, an old system that answers or not."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from typer.testing import CliRunner

from gateway import terminal
from gateway.guard.incidents import Incidents
from gateway.guard.old import OldSystem, Read
from gateway.guard.telling import tell
from gateway.guard.watch import Guard
from gateway.states import Refused, State
from gateway.store import Store
from ops import cli
from tests.gateway.test_envoy import Stub
from tests.system.platform import until

GROUP = "leads.read"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def old() -> Stub:
    return Stub("legacy")


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.of(os.environ)
    store.database.client.drop_database(store.database.name)
    store.seen("test", 10**9, legacy=True)
    yield store
    store.database.client.drop_database(store.database.name)


@pytest.fixture
def guard(store: Store, old: Stub) -> Guard:
    guard = another(store, old)
    store.change([GROUP], State("canary", 50), reason="x", author="test")
    guard.look()
    return guard


@pytest.fixture
def leadmesh(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(cli, "_ask", lambda _: {"parts": {}})
    monkeypatch.setattr(terminal.console, "_width", 300)
    return CliRunner()


def another(store: Store, old: Stub, name: str = "one") -> Guard:
    """A gateway's guard, as after a start."""
    system = OldSystem(httpx.Client(base_url=f"http://127.0.0.1:{old.address[1]}"))
    return Guard(name, Incidents(store), system, store.latest, Clock())


def answers(guard: Guard, side: str, count: int, *, status: int = 200, seconds: float = 0.05, over: int = 10) -> None:
    """So many answers of a side, spread over some seconds, and a look each second."""
    for second in range(over):
        guard.clock.now += 1  # type: ignore[attr-defined]
        for _ in range(count // over + (second < count % over)):
            guard.record(GROUP, side, status, seconds)  # type: ignore[arg-type]
        guard.look()


def state(store: Store) -> str:
    return str(store.latest()[GROUP].state)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [({"status": 500}, "errors"), ({"status": 504, "seconds": 30.0}, "errors"), ({"seconds": 2.0}, "time")],
)
def test_a_service_that_turns_bad_loses_its_group_at_once(
    guard: Guard, store: Store, bad: dict[str, float], kind: str
) -> None:
    answers(guard, "legacy", 100)
    answers(guard, "service", 100)
    assert state(store) == "canary 50%"
    answers(guard, "service", 10, over=1, **bad)  # type: ignore[arg-type]
    assert state(store) == "legacy"
    (incident,) = guard.incidents.latest(5)
    assert (incident["group"], incident["from"], incident["kind"]) == (GROUP, "canary 50%", kind)
    assert (incident["affected"], incident["before"]["service"]["count"]) == (10, 110)
    assert incident["before"]["old"] == {"count": 50, "errors": 0.0, "p95": pytest.approx(0.05, rel=0.05)}
    change = store.latest()[GROUP]
    assert (change.version, change.author, change.reason) == (incident["_id"], "guard", incident["why"])
    answers(guard, "legacy", 200, over=20)
    assert guard.incidents.latest(1)[0]["after"]["count"] >= 100


def test_answers_that_differ_send_a_group_back(guard: Guard, store: Store) -> None:
    for number in range(200):
        guard.compared(GROUP, differs=number % 20 == 0)
    guard.look()
    assert (state(store), guard.incidents.latest(1)[0]["kind"]) == ("legacy", "differences")


def test_a_comparison_goes_on_where_the_old_system_answers_everybody(guard: Guard, store: Store) -> None:
    store.change([GROUP], State("shadow", 0, compared=100), reason="x", author="test")
    guard.look()
    for _ in range(200):
        guard.compared(GROUP, differs=True)
    guard.look()
    assert (state(store), guard.incidents.latest(1)) == ("shadow", [])


@pytest.mark.parametrize(
    ("good", "bad", "of_bad"),
    [(0, 40, {"status": 500}), (200, 4, {"status": 500}), (200, 1, {"seconds": 60.0}), (100, 100, {"status": 404})],
    ids=["too few", "four of many", "one slow", "the callers' own faults"],
)
def test_what_may_be_chance_changes_nothing(
    guard: Guard, store: Store, good: int, bad: int, of_bad: dict[str, float]
) -> None:
    answers(guard, "legacy", 100)
    answers(guard, "service", good)
    answers(guard, "service", bad, over=1, **of_bad)  # type: ignore[arg-type]
    answers(guard, "service", 0)
    assert (state(store), guard.incidents.latest(5)) == ("canary 50%", [])


def test_few_requests_are_judged_over_a_longer_time(guard: Guard, store: Store) -> None:
    answers(guard, "legacy", 60, over=120)
    answers(guard, "service", 60, over=120, status=503)
    assert state(store) == "legacy"


def test_a_group_stays_when_the_old_system_is_as_bad(guard: Guard, store: Store, old: Stub) -> None:
    answers(guard, "legacy", 100, seconds=2.0)
    answers(guard, "service", 200, seconds=2.5)
    assert state(store) == "canary 50%"
    old.status = 503
    answers(guard, "legacy", 100, status=503)
    answers(guard, "service", 100, status=503)
    assert state(store) == "canary 50%"


@pytest.mark.parametrize("away", ["slow", "failing", "gone"])
def test_a_group_stays_when_the_old_system_would_not_answer_better(store: Store, old: Stub, away: str) -> None:
    guard = another(store, old)
    store.change([GROUP], State("legacy", 0), reason="x", author="test")
    answers(guard, "legacy", 100)
    store.change([GROUP], State(), reason="x", author="test")
    guard.look()
    answers(guard, "service", 100, over=400)
    old.pause, old.status = (1.0 if away == "slow" else 0.0), (503 if away == "failing" else 200)
    if away == "gone":
        old.server.shutdown()
        old.server.server_close()
    guard.old.note(GROUP, Read("/api/leads?limit=1", "Bearer of somebody"))
    answers(guard, "service", 100, seconds=5.0)
    assert (state(store), guard.incidents.latest(5)) == ("service", [])
    assert away == "gone" or 1 <= old.requests <= 2
    if away != "gone":
        old.pause, old.status = 0.0, 200
        answers(guard, "service", 100, seconds=5.0, over=20)
        assert state(store) == "legacy"


def test_the_baseline_survives_a_restart_of_the_agent(store: Store, old: Stub) -> None:
    store.change([GROUP], State("legacy", 0), reason="x", author="test")
    answers(another(store, old), "legacy", 300, seconds=1.0, over=12)
    assert Incidents(store).baselines()[GROUP].p95 == pytest.approx(1.0, rel=0.05)
    store.change([GROUP], State(), reason="x", author="test")
    guard = another(store, old)
    guard.look()
    # Beside an old system that took one second, 1.8 are no reason.
    answers(guard, "service", 100, seconds=1.8)
    assert state(store) == "service"
    answers(guard, "service", 100, seconds=2.5)
    assert state(store) == "legacy"
    assert guard.incidents.latest(1)[0]["before"]["old"]["p95"] == pytest.approx(1.0, rel=0.05)


def test_it_stays_back_until_somebody_acknowledges(guard: Guard, store: Store, old: Stub, leadmesh: CliRunner) -> None:
    answers(guard, "legacy", 100)
    answers(guard, "service", 100, status=500)
    number = str(guard.incidents.latest(1)[0]["_id"])
    again = another(store, old)
    answers(again, "legacy", 100)

    def run(*words: str) -> tuple[int, str]:
        # A gateway lives that serves whatever comes.
        store.seen("test", 10**9, legacy=True)
        outcome = leadmesh.invoke(cli.app, [*words], env={"COLUMNS": "300"})
        return outcome.exit_code, outcome.output

    route = ("route", GROUP, "--to", "canary=10", "--reason", "again")
    code, told = run(*route)
    assert (code, f"leadmesh incidents ack {number}" in told, state(store)) == (2, True, "legacy")
    assert run("route", "buyers.read", "--to", "canary=10", "--reason", "another")[0] == 0
    assert run("rollback", "--all", "--reason", "may always be")[0] == 0
    assert json.loads(run("incidents", "--json")[1])[0]["acknowledged"] is None
    assert "the group stays back" in run("incidents")[1]
    assert run("incidents", "ack", number, "--reason", " ")[0] == 2
    assert run("incidents", "ack", "999999", "--reason", "x")[0] == 2
    assert run(*route, "--force")[0] == 0
    assert json.loads(run("routes", "history", "--json", "-n", "1")[1])[0]["proof"] == "forced"
    assert run("rollback", "leads.read")[0] == 0
    assert run("incidents", "ack", number, "--reason", "a bad release, 1.4.2 is out")[0] == 0
    assert run(*route)[0] == 0
    # What it did before does not count any more.
    answers(guard, "service", 0)
    answers(guard, "service", 100)
    assert state(store) == "canary 10%"


def test_several_gateways_return_a_group_once(guard: Guard, store: Store, old: Stub) -> None:
    guards = [guard, *(another(store, old, f"gateway {number}") for number in range(3))]
    for one in guards:
        one.look()
        one.clock.now += 1  # type: ignore[attr-defined]
        for _ in range(100):
            one.record(GROUP, "service", 500, 0.1)
    threads = [threading.Thread(target=one.look) for one in guards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(guard.incidents.latest(10)) == 1
    assert [change.author for change in store.history(10)] == ["guard", "test"]


def test_who_changes_a_group_meanwhile_wins(guard: Guard, store: Store) -> None:
    seen = store.latest()
    guard.latest = lambda: seen
    store.change([GROUP], State("canary", 10), reason="I know", author="test")
    answers(guard, "service", 100, status=500)
    assert (state(store), guard.incidents.latest(5)) == ("canary 10%", [])


def test_limits_of_a_group_count_at_once(guard: Guard, store: Store, leadmesh: CliRunner) -> None:
    told = leadmesh.invoke(cli.app, ["guard", "limits", GROUP, "error_rate=0.5", "p95=100"])
    assert "error_rate=0.5 p95=100.0" in told.output
    answers(guard, "service", 100, seconds=4.0)
    answers(guard, "service", 100, status=500, over=2)
    assert state(store) == "legacy"
    assert guard.incidents.latest(1)[0]["limits"]["error_rate"] == 0.5
    assert json.loads(leadmesh.invoke(cli.app, ["guard", "--json"]).output)[GROUP]["p95"] == 100
    assert leadmesh.invoke(cli.app, ["guard", "limits", "leads.raed", "p95=3"]).exit_code == 2


def test_somebody_is_told_and_a_deaf_address_is_tried_again(guard: Guard, store: Store) -> None:
    heard, refused = [], [500]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(refused.pop() if refused else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server, stopping = HTTPServer(("127.0.0.1", 0), Handler), threading.Event()
    webhook = f"http://127.0.0.1:{server.server_port}/hooks/secret"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answers(guard, "service", 100, status=500)
    telling = threading.Thread(target=tell, args=(guard.incidents, webhook, stopping))
    telling.start()
    told = until(lambda: len(guard.incidents.latest(1)[0]["told"]) == 2 and guard.incidents.latest(1)[0]["told"], 20)
    stopping.set()
    telling.join()
    server.shutdown()
    assert [(row["to"], row["outcome"]) for row in told] == [("127.0.0.1", "500"), ("127.0.0.1", "204")]
    assert [message["group"] for message in heard] == [GROUP, GROUP]
    assert "went back to the old system by itself" in heard[0]["text"]
    assert "secret" not in json.dumps(guard.incidents.latest(1)[0], default=str)


def test_a_question_to_the_old_system_is_a_read_that_somebody_made(old: Stub) -> None:
    system = OldSystem(httpx.Client(base_url=f"http://127.0.0.1:{old.address[1]}"))
    asked = []
    answered = httpx.Client.get
    system._client.get = lambda path, **more: asked.append((path, more)) or answered(system._client, path, **more)  # type: ignore[method-assign]
    assert system.seconds(GROUP) < 5
    system.note("leads.write", Read("/api/leads/1", "Bearer a"))
    system.seconds(GROUP)
    for number in range(5):
        system.note(GROUP, Read(f"/api/leads?page={number}", "Bearer b"))
    system.seconds(GROUP)
    assert [path for path, _ in asked] == ["/api/health", "/api/leads/1", *(f"/api/leads?page={n}" for n in (2, 3, 4))]
    assert asked[-1][1]["headers"] == {"authorization": "Bearer b"}


def test_a_group_whose_service_has_a_database_of_its_own_stays_there(store: Store) -> None:
    shared = f"{store.database.name}_shared"
    beside = Store.of({**os.environ, "MONGODB_NAME": shared})
    placements = store.database.client[shared]["placements"]
    try:
        placements.insert_one({"_id": "leads", "database": "leadmesh_leads", "state": "steady"})
        placements.insert_one({"_id": "buyers", "database": shared, "state": "steady"})
        with pytest.raises(Refused, match="leads: first `leadmesh data split SERVICE --back`"):
            beside.change([GROUP, "buyers.read"], State("legacy", 0), reason="x", author="test")
        assert store.current() == (0, {})
        beside.change(["buyers.read"], State("legacy", 0), reason="x", author="test")
        beside.change([GROUP], State(), reason="x", author="test")
        assert store.current()[1]["buyers.read"] == State("legacy", 0)
    finally:
        store.database.client.drop_database(shared)
