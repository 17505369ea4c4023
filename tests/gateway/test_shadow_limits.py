"""What the comparison may cost, what happens when it hangs or ends, and the passport that it gives."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from gateway.shadow.passport import Terms, passport_of
from gateway.states import State
from ops import cli
from tests.gateway.shadowing import Shadowing
from tests.system.platform import until

SHADOW = State("shadow", 0, "person", 100)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadowing]:
    running = Shadowing(tmp_path_factory.mktemp("limits"))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def shadowed(both: Shadowing) -> None:
    both.faults(both.old)
    both.faults(both.new)
    both.move("leads.read", SHADOW)
    both.results.reset("leads.read")


@pytest.fixture
def leadmesh(both: Shadowing, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(cli, "_ask", lambda _: {"parts": {}})
    monkeypatch.setenv("GATEWAY_MONGODB_NAME", both.store.database.name)
    return CliRunner()


def statuses(both: Shadowing, number: int) -> set[int]:
    lead = {"notes": "x" * 200_000}
    codes = {both.client.get("/api/leads?limit=50").status_code for _ in range(number)}
    return codes | {both.client.request("POST", "/api/leads", json=lead).status_code for _ in range(number // 10)}


def waited(both: Shadowing) -> int:
    address = (both.folder / "admin.address").read_text(encoding="utf-8").strip()
    told = httpx.get(f"http://{address}/stats?filter=ext_proc.message_timeouts&format=json").json()
    return sum(one.get("value", 0) for one in told["stats"])


def test_a_frozen_comparer_touches_no_client(both: Shadowing) -> None:
    both.move("leads.write", SHADOW)
    gateway = psutil.Process(both.part.pid)
    os.kill(both.agent.pid, signal.SIGSTOP)
    try:
        before = gateway.memory_info().rss
        assert statuses(both, 100) == {200, 400}
        # Envoy counts what it waited for.
        assert waited(both) == 0
        assert gateway.memory_info().rss - before < 100_000_000
    finally:
        os.kill(both.agent.pid, signal.SIGCONT)
    both.move("leads.write", State())
    both.client.get("/api/leads")
    both.counted("leads.read", 1)


def test_a_dead_comparer_touches_no_client_and_the_next_one_goes_on(both: Shadowing) -> None:
    both.agent.process.kill()
    both.agent.process.wait()
    both.store.forget(f"local-{both.settings.port}")
    assert statuses(both, 100) == {200, 400}
    both.start_agent()
    before = sum(both.run("leads.read").get(name, 0) for name in ("same", "unjudged"))

    def goes_on() -> bool:
        both.client.get("/api/leads/stats")
        return bool(both.run("leads.read").get("same", 0) > before)

    until(goes_on, 20)


def test_what_the_budget_leaves_out_is_counted(both: Shadowing) -> None:
    both.agent.stop(3)
    both.environment["LEADMESH_SHADOW_RATE"] = "2"
    both.start_agent()
    try:
        for _ in range(60):
            assert both.client.get("/api/leads/stats").status_code == 200
        run = until(lambda: (run := both.run("leads.read")).get("dropped", {}).get("rate", 0) > 20 and run, 15)
        assert run.get("same", 0) < 40
    finally:
        both.agent.stop(3)
        both.environment["LEADMESH_SHADOW_RATE"] = "1000"
        both.start_agent()


def invoked(leadmesh: CliRunner, *words: str) -> tuple[int, str]:
    outcome = leadmesh.invoke(cli.app, [*words])
    return outcome.exit_code, outcome.output.replace("\n", " ")


def route(leadmesh: CliRunner, to: str, *more: str) -> tuple[int, str]:
    return invoked(leadmesh, "route", "leads.read", "--to", to, "--reason", "a test", *more)


def proved(both: Shadowing, leadmesh: CliRunner) -> None:
    for path in ("/api/leads", "/api/leads/stats", "/api/leads/nobody"):
        for _ in range(4):
            both.client.get(path)
    both.counted("leads.read", 12)


def test_a_group_moves_further_than_a_tenth_with_a_passport_only(both: Shadowing, leadmesh: CliRunner) -> None:
    code, told = route(leadmesh, "canary=50")
    assert (code, "nothing of it was compared" in told) == (2, True), told
    assert route(leadmesh, "canary=10")[0] == 0
    assert route(leadmesh, "shadow")[0] == 0
    proved(both, leadmesh)
    code, told = route(leadmesh, "service")
    assert (code, "1000 are needed" in told) == (2, True), told
    assert route(leadmesh, "service", "--compared", "12")[0] == 0
    # Less than before needs none.
    assert route(leadmesh, "canary=50")[0] == 0
    history = json.loads(invoked_json(leadmesh, "routes", "history", "-n", "2"))
    assert (history[0]["proof"], history[1]["proof"].startswith("12 compared, 0 unexplained")) == ("", True)


def invoked_json(leadmesh: CliRunner, *words: str) -> str:
    return leadmesh.invoke(cli.app, [*words, "--json"]).output


def test_a_difference_makes_the_passport_invalid_and_force_is_remembered(both: Shadowing, leadmesh: CliRunner) -> None:
    proved(both, leadmesh)
    both.faults(both.new, differences=["missing-field"], path="/api/leads")
    both.client.get("/api/leads?limit=1")
    until(lambda: both.run("leads.read").get("different"), 20)
    code, told = route(leadmesh, "service", "--compared", "10")
    assert (code, "1 of them differ unexplained" in told) == (2, True), told
    assert invoked(leadmesh, "shadow", "passport", "leads.read")[0] == 1
    assert route(leadmesh, "service", "--force")[0] == 0
    assert json.loads(invoked_json(leadmesh, "routes", "history", "-n", "1"))[0]["proof"] == "forced"
    (row,) = json.loads(invoked_json(leadmesh, "shadow", "report", "leads.read"))
    assert (row["different"], row["differences"][0]["where"]) == (1, ".leads[].tenantId")
    assert invoked(leadmesh, "shadow", "reset", "leads.read")[0] == 0
    assert json.loads(invoked_json(leadmesh, "shadow", "report", "leads.read")) == []


def test_another_version_needs_another_passport(both: Shadowing, leadmesh: CliRunner) -> None:
    proved(both, leadmesh)
    both.store.note_versions(f"local-{both.settings.port}", {"legacy": "unknown", "leads": "9.9"})
    code, told = route(leadmesh, "service", "--compared", "10")
    assert (code, "leads is at 9.9 now, unknown was compared" in told) == (2, True), told
    both.store.note_versions(f"local-{both.settings.port}", {"legacy": "unknown", "leads": "unknown"})


def test_a_passport_grows_old(both: Shadowing, leadmesh: CliRunner) -> None:
    proved(both, leadmesh)
    found = passport_of("leads.read", both.results)
    assert found is not None
    assert found.faults(Terms(compared=10)) == []
    assert (found.seen, found.known, found.missing) == (3, 11, ())
    both.store.database["shadowruns"].update_one(
        {"group": "leads.read"}, {"$set": {"until": datetime.now(UTC) - timedelta(days=8)}}
    )
    old: Any = passport_of("leads.read", both.results)
    assert old.faults(Terms(compared=10)) == ["the last comparison is 8 days old"]
    assert old.faults(Terms(compared=10, days=9, covered=30)) == [
        "only 27.3% of the declared operations and statuses were seen, 30% are needed"
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "shadow", "--share", "0"], "0 is no share of shadow"),
        (["--to", "shadow", "--share", "101"], "101 is no share of shadow"),
        (["--to", "legacy", "--share", "5"], "5 is no share of legacy"),
        (["--to", "shadow=5"], "is no state"),
    ],
)
def test_shares_that_make_no_sense_are_refused(leadmesh: CliRunner, words: list[str], told: str) -> None:
    code, output = invoked(leadmesh, "route", "leads.read", *words, "--reason", "x")
    assert (code, told in output) == (2, True), output
    assert invoked(leadmesh, "shadow", "report", "nothing.read")[0] == 2
