"""The gateway and its agent as in a pod: settings from the environment, one shared folder, services found by name."""

import getpass
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient

from gateway.people import key_of
from ops import elsewhere
from ops.parts import envoy
from ops.parts.process import Part, spawn
from tests.gateway.test_envoy import Stub
from tests.parts import free_port
from tests.system.platform import ROOT, until

SECRET = "the old system's secret, 32 bytes long"
NOWHERE = "mongodb://127.0.0.1:1/?replicaSet=rs0"


@dataclass
class Pod:
    """What runs in a gateway's pod; environment: of its containers."""

    folder: Path
    old: Stub = field(default_factory=lambda: Stub("legacy"))
    service: Stub = field(default_factory=lambda: Stub("service"))
    port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        host, port = self.old.address
        (self.folder / "secret").write_text(SECRET)
        told = {"LEADMESH_LEGACY_URL": f"http://{host}:{port}", "JWT_SECRET_FILE": str(self.folder / "secret")}
        return {**os.environ, **told, "LEADMESH_AUTHOR": "anna"}

    def agent(self, *words: str, **changes: str) -> Part:
        log = self.folder / f"agent{'-'.join(words)}.log"
        command = [sys.executable, "-m", "gateway.agent", "--folder", str(self.folder), "--name", "pod-1", *words]
        return Part("agent", "", 0, spawn(command, log, {**self.environment, **changes}, cwd=ROOT), log)

    def printed(self) -> str:
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--metrics-port", str(free_port())]
        options += ["--suffix", ".localhost", "--service-port", str(self.service.address[1])]
        command = [sys.executable, "-m", "gateway", "--folder", str(self.folder), *options]
        environment = {**self.environment, "LEADMESH_RATE_LIMIT": "100000"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT).stdout

    def leadmesh(self, *words: str) -> str:
        command = [sys.executable, "-m", "gateway.commands", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[httpx.Client]:
        (self.folder / "envoy.json").write_text(self.printed())
        part = envoy.start(self.folder / "envoy.json", self.port, self.folder / "envoy.log")
        try:
            with httpx.Client(base_url=part.uri, timeout=20) as client:
                yield client
        finally:
            part.stop(2)


def side(client: httpx.Client, path: str = "/api/leads") -> str:
    return client.get(path).headers.get("x-leadmesh-instance", "nobody")


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    MongoClient(os.environ["MONGODB_URI"]).drop_database("gateway")
    return Pod(tmp_path)


def test_a_group_goes_over_and_back(pod: Pod) -> None:
    assert pod.agent("--once").process.wait(20) == 0
    with pod.running() as client:
        agent = pod.agent()
        until((pod.folder / "agent.served").exists, 20)
        until(lambda: side(client) == "service", 10)
        assert "Served by the gateway after" in pod.leadmesh("rollback", "leads", "--reason", "nothing moved yet")
        assert (side(client), side(client, "/api/buyers")) == ("legacy", "service")
        pod.leadmesh("route", "leads.read", "--to", "service", "--force", "--reason", "over")
        assert side(client) == "service"
        told = json.loads(pod.leadmesh("routes", "history", "--json", "-n", "1"))[0]
        assert (told["group"], told["author"], told["reason"]) == ("leads.read", "anna", "over")
        # Another pod would have to follow as well.
        assert [one["gateway"] for one in json.loads(pod.leadmesh("routes", "--json"))["gateways"]] == ["pod-1"]
        agent.stop(5)
        assert json.loads(pod.leadmesh("routes", "--json"))["gateways"] == []
        assert side(client) == "service"


def test_no_configuration_holds_the_secret(pod: Pod) -> None:
    assert pod.agent("--once").process.wait(20) == 0
    key = key_of(SECRET)
    assert not {SECRET, key} & set(pod.printed().split('"'))
    keys = pod.folder / "keys.json"
    assert json.loads(keys.read_text())["keys"][0]["k"] == key
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert key not in (pod.folder / "routes.json").read_text()


@pytest.mark.parametrize("wrong", ["old.example.com", "http://:8100"])
def test_an_old_system_without_a_host_is_refused(pod: Pod, wrong: str) -> None:
    agent = pod.agent("--once", LEADMESH_LEGACY_URL=wrong)
    assert agent.process.wait(20) != 0
    assert "names no host" in agent.last_lines()


def test_a_new_pod_waits_for_the_states(pod: Pod) -> None:
    """What has moved to the service must not be done by both: nothing is guessed."""
    waiting = pod.agent("--once", MONGODB_URI=NOWHERE)
    until(lambda: waiting.last_lines().count("the states cannot be read") > 1, 30)
    assert waiting.alive
    assert not (pod.folder / "routes.json").exists()
    waiting.stop(10)


@pytest.mark.parametrize("wanted", ["legacy", "service"])
def test_unless_it_is_told_where_everything_is(pod: Pod, wanted: str) -> None:
    assert pod.agent("--once", MONGODB_URI=NOWHERE, LEADMESH_UNKNOWN_STATES=wanted).process.wait(20) == 0
    with pod.running() as client:
        until(lambda: side(client) == wanted, 10)
        # Once MongoDB is back, what is stored counts: that nothing ever moved.
        agent = pod.agent()
        until(lambda: side(client) == "service", 20)
        agent.stop(5)


def test_an_envoy_that_starts_again_goes_on_without_mongodb(pod: Pod) -> None:
    assert pod.agent("--once", MONGODB_URI=NOWHERE, LEADMESH_UNKNOWN_STATES="legacy").process.wait(20) == 0
    with pod.running() as client:
        until(lambda: side(client) == "legacy", 10)
    agent = pod.agent(MONGODB_URI=NOWHERE)
    with pod.running() as client:
        until(lambda: side(client) == "legacy", 10)
        assert agent.alive
    agent.stop(10)


def test_a_command_for_a_cluster_runs_beside_its_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubectl that writes down what it was asked and ends as the command in the pod would."""
    program = tmp_path / "kubectl"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\nexit 2\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    command = [
        "route",
        "leads.read",
        "--to",
        "canary=10",
        "--reason",
        "two words",
        "--context=prod",
        "--namespace",
        "crm",
    ]
    assert elsewhere.run(command) == 2
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:6] == ["--context=prod", "--namespace=crm", "exec", "deployment/gateway", "--container=agent", "--"]
    assert asked[-7:] == ["leadmesh", "route", "leads.read", "--to", "canary=10", "--reason", "two words"]
    assert f"LEADMESH_AUTHOR={getpass.getuser()}" in asked
    assert elsewhere.run(["routes", "--context", "prod"]) == 2
    assert (tmp_path / "asked").read_text().splitlines()[0] == "--context=prod"
    assert elsewhere.run(["routes", "history", "-n", "5"]) is None
