"""The way over and back, group by group: a real Envoy, its agent, a real MongoDB, and small servers for both sides."""

import csv
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo import MongoClient
from typer.testing import CliRunner

from gateway.people import key_of
from gateway.states import Refused, State, parsed
from gateway.store import Store
from gateway.table import groups, load
from ops import cli
from ops.parts import agent
from tests.gateway.test_envoy import Gateway, Stub
from tests.system.platform import ROOT, until

KEY, SECRET = Ed25519PrivateKey.generate(), "the old system's secret, 32 bytes long"


class Both(Gateway):
    """A gateway with an agent, between the services and an old system."""

    def __init__(self, folder: Path) -> None:
        self.old = Stub("legacy")
        host, port = self.old.address
        super().__init__(folder, legacy=f"http://{host}:{port}", legacy_key=key_of(SECRET))
        public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(KEY.public_key()))
        keys = {"keys": [{**public, "kid": "one", "alg": "EdDSA", "use": "sig"}]}
        self.stubs["auth"].answers["/.well-known/jwks.json"] = json.dumps(keys).encode()
        self.store = Store.of(os.environ)
        self.start_agent()

    def start_agent(self) -> None:
        self.agent = agent.start(self.settings, self.folder / "agent.log", {**os.environ})
        until(self.store.gateways, 10)

    def side(self, method: str = "GET", path: str = "/api/leads", **more: object) -> str:
        return str(self.client.request(method, path, **more).headers["x-leadmesh-instance"])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    MongoClient(os.environ["MONGODB_URI"]).drop_database(os.environ["GATEWAY_MONGODB_NAME"])
    running = Both(tmp_path_factory.mktemp("both"))
    yield running
    running.agent.stop(3)
    running.part.stop(2)


@pytest.fixture
def leadmesh(both: Both, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command, on this gateway's store; afterwards all groups are the services' again."""
    monkeypatch.setattr(cli, "_ask", lambda _: {"parts": {}})
    yield CliRunner()
    both.store.change([*groups(load())], State(), reason="the test is over", author="test")
    until(lambda: both.store.gateways()[0]["version"] == both.store.current()[0], 10)


def bearer(person: str, tenant: str = "", *, old: bool = False) -> dict[str, str]:
    claims = {"sub": person, "tenantId": tenant, "exp": int(time.time()) + 600}
    key, algorithm = (SECRET, "HS256") if old else (KEY, "EdDSA")
    token = jwt.encode(claims, key, algorithm, headers={} if old else {"kid": "one"})  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {token}"}


def run(leadmesh: CliRunner, *words: str) -> str:
    outcome = leadmesh.invoke(cli.app, [*words])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def move(leadmesh: CliRunner, group: str, to: str, *more: str) -> str:
    return run(leadmesh, "route", group, "--to", to, "--reason", "a test", "--force", *more)


def test_each_operation_of_the_contract_belongs_to_one_group() -> None:
    with (ROOT / "contract" / "scope.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["tier"] != "dropped" and row["path"].startswith("/api")]
    lost, owners = [], groups(load())
    for row in rows:
        route = next(one for one in load() if row["path"] == one.prefix or row["path"].startswith(one.prefix + "/"))
        group = route.reads if row["method"] == "GET" else route.writes
        if not group or (group != "health" and owners[group] != row["service"]):
            lost.append(f"{row['method']} {row['path']}: {group}")
    assert len(rows) > 250
    assert not lost


def test_a_group_goes_over_and_back_in_seconds(both: Both, leadmesh: CliRunner) -> None:
    assert "leads.read: legacy. Served by the gateway after " in move(leadmesh, "leads.read", "legacy")
    assert [both.side(), both.side("HEAD"), both.side("POST"), both.side(path="/api/leads/queue")] == [
        "legacy",
        "legacy",
        "leads",
        "leads",
    ]
    assert both.side(path="/api/api/leads/7") == "legacy"
    assert "leads.read: service." in move(leadmesh, "leads.read", "service")
    assert both.side() == "leads"


def test_a_rollback_takes_back_what_it_names(both: Both, leadmesh: CliRunner) -> None:
    assert "8 groups" in run(leadmesh, "rollback", "leads")
    places = ("/api/leads", "/api/leads/queue", "/api/leads/import-export/template", "/api/buyers")
    assert [both.side(path=path) for path in places] == ["legacy", "legacy", "legacy", "buyers"]
    run(leadmesh, "rollback", "--all", "--reason", "everything is slow")
    assert both.side(path="/api/buyers") == "legacy"
    # What belongs to no group stays.
    assert both.side(path="/static/x.css") == "users"
    history = json.loads(run(leadmesh, "routes", "history", "--json", "-n", "50"))
    assert {row["reason"] for row in history[: len(groups(load()))]} == {"everything is slow"}


@pytest.mark.parametrize("old", [False, True])
def test_a_canary_keeps_each_person_on_one_side(both: Both, leadmesh: CliRunner, old: bool) -> None:
    move(leadmesh, "leads.read", "canary=30")
    people = [str(ObjectId()) for _ in range(200)]
    until(lambda: both.side(headers=bearer("x", old=old)) in ("leads", "legacy"))
    sides = {person: {both.side(headers=bearer(person, old=old)) for _ in range(3)} for person in people}
    assert all(len(side) == 1 for side in sides.values())
    share = Counter(min(side) for side in sides.values())["leads"]
    assert 35 <= share <= 85
    someone = people[0]
    forged = {"x-leadmesh-person": people[1], "x-leadmesh-tenant": "y"}
    others = {
        both.side(headers={**bearer(someone, old=old), **forged, "x-leadmesh-person": other}) for other in people[:20]
    }
    assert others == sides[someone]


def test_a_canary_by_tenant_keeps_its_people_together(both: Both, leadmesh: CliRunner) -> None:
    move(leadmesh, "leads.read", "canary=50", "--by", "tenant")
    tenants = [str(ObjectId()) for _ in range(40)]
    sides = [{both.side(headers=bearer(str(ObjectId()), tenant)) for _ in range(5)} for tenant in tenants]
    assert all(len(side) == 1 for side in sides)
    assert len(set.union(*sides)) == 2


def test_no_request_fails_because_of_a_switch(both: Both, leadmesh: CliRunner) -> None:
    stop, seen = threading.Event(), Counter[int]()

    def ask() -> None:
        while not stop.is_set():
            seen[both.client.get("/api/leads", headers=bearer(str(ObjectId()))).status_code] += 1
            seen[both.client.post("/api/leads", content=b"{}").status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for to in ("legacy", "canary=10", "canary=50", "service", "legacy", "service"):
        for group in ("leads.read", "leads.write"):
            move(leadmesh, group, to)
    stop.set()
    for thread in threads:
        thread.join()
    assert seen.keys() == {200}
    assert seen[200] > 50


def test_an_agent_that_was_away_catches_up_and_envoy_goes_on_meanwhile(both: Both, leadmesh: CliRunner) -> None:
    both.agent.process.kill()
    both.agent.process.wait()
    both.store.forget(f"local-{both.settings.port}")
    assert both.side() == "leads"
    outcome = leadmesh.invoke(cli.app, ["rollback", "leads"])
    assert (outcome.exit_code, "No gateway's agent is alive" in outcome.output) == (2, True)
    both.store.change(["leads.read"], State("legacy", 0), reason="while it was away", author="test")
    both.start_agent()
    until(lambda: both.side() == "legacy", 10)


def test_the_last_states_stay_in_force_while_mongodb_is_away(both: Both, leadmesh: CliRunner, tmp_path: Path) -> None:
    move(leadmesh, "leads.read", "legacy")
    both.agent.stop(3)
    nowhere = {**os.environ, "MONGODB_URI": "mongodb://127.0.0.1:1/?replicaSet=rs0"}
    lost = agent.start(both.settings, tmp_path / "agent.log", nowhere)
    until(lambda: "the last ones stay in force" in lost.last_lines(), 15)
    assert (both.side(), lost.alive) == ("legacy", True)
    lost.stop(5)
    # A gateway that starts meanwhile goes on as the last one did.
    from gateway.envoy import write_all

    write_all(both.settings)
    served = json.loads((both.folder / "routes.json").read_text())
    assert '"cluster": "legacy"' in json.dumps(served)
    both.start_agent()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["route", "leads.raed", "--to", "legacy", "--reason", "x"], "There is no group 'leads.raed'"),
        (["route", "leads.read", "--to", "canary=0", "--reason", "x"], "is no state"),
        (["route", "leads.read", "--to", "canary=100", "--reason", "x"], "is no state"),
        (["route", "leads.read", "--to", "legacy=5", "--reason", "x"], "is no state"),
        (["route", "leads.read", "--to", "legacy", "--reason", " "], "Say why"),
        (["route", "leads.read", "--to", "canary=5", "--by", "moon", "--reason", "x"], "choose person or tenant"),
        (["rollback"], "Name a service or a group"),
        (["rollback", "nothing"], "There is no service and no group"),
        (["rollback", "leads", "--all"], "Name a service or a group"),
    ],
)
def test_what_makes_no_sense_changes_nothing(both: Both, leadmesh: CliRunner, words: list[str], told: str) -> None:
    before = both.store.current()
    outcome = leadmesh.invoke(cli.app, words)
    assert (outcome.exit_code, told in outcome.output) == (2, True), outcome.output
    assert both.store.current() == before


def test_without_an_old_system_nothing_goes_there(both: Both, leadmesh: CliRunner) -> None:
    both.store.seen("another", both.store.current()[0], legacy=False)
    outcome = leadmesh.invoke(cli.app, ["rollback", "leads"])
    both.store.forget("another")
    assert (outcome.exit_code, "knows no old system" in outcome.output) == (2, True)


def test_changes_at_the_same_time_are_all_kept(both: Both, leadmesh: CliRunner) -> None:
    before, names = both.store.current()[0], [*groups(load())][:8]
    threads = [
        threading.Thread(
            target=both.store.change, args=([name], State("legacy", 0)), kwargs={"reason": "x", "author": "y"}
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    version, states = both.store.current()
    assert version == before + len(names)
    assert {states[name].kind for name in names} == {"legacy"}


def test_states_are_read_as_people_write_them() -> None:
    assert [str(parsed(text)) for text in ("LEGACY", " service ", "canary=7%")] == ["legacy", "service", "canary 7%"]
    for text in ("", "canary", "canary=", "canary=-1", "canary=1.5", "canary=\u0663", "shadows"):
        with pytest.raises(Refused):
            parsed(text)


def test_the_command_lists_groups(both: Both, leadmesh: CliRunner) -> None:
    move(leadmesh, "leads.queue", "canary=25")
    told = json.loads(run(leadmesh, "routes", "--json"))
    row = next(row for row in told["groups"] if row["group"] == "leads.queue")
    assert (row["service"], row["state"], row["reason"]) == ("leads", "canary 25%", "a test")
    assert told["gateways"][0]["version"] == told["version"]
    assert "leads.queue" in run(leadmesh, "routes")
