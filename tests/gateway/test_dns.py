"""The gateway of containers: a real Envoy that finds services by name, without watched files."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.dns import Names, bootstrap
from gateway.envoy import KEYS, Settings, route_configuration, write_all, write_routes
from gateway.people import key_of, write_keys
from gateway.states import State
from ops.parts import envoy
from tests.gateway.test_envoy import PATHS, Stub
from tests.parts import free_port
from tests.system.platform import until


@pytest.fixture(scope="module")
def numbers() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stub() -> Stub:
    return Stub("any")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, numbers: int, stub: Stub) -> Iterator[httpx.Client]:
    """Every service is the same stub: auth.localhost, users.localhost, ... are this machine by definition (RFC 6761)."""
    folder = tmp_path_factory.mktemp("dns")
    names = Names(".localhost", stub.address[1], numbers)
    settings = Settings(port=free_port(), folder=folder, rate_limit=100_000)
    (folder / "envoy.json").write_text(json.dumps(bootstrap(settings, names)), encoding="utf-8")
    part = envoy.start(folder / "envoy.json", settings.port, folder / "envoy.log")
    client = httpx.Client(base_url=part.uri, timeout=10)
    until(lambda: client.get("/health").status_code == 200, 10)
    yield client
    part.stop(2)


def test_services_are_found_by_name(front: httpx.Client) -> None:
    assert {front.get(path).status_code for path in PATHS} == {200}
    assert front.get("/auth/google").json()["path"] == "/api/auth/google"
    assert front.get("/api/nobody").json()["statusCode"] == 404


def test_a_write_that_was_sent_is_not_sent_again(front: httpx.Client, stub: Stub) -> None:
    stub.status, stub.requests = 503, 0
    try:
        assert front.post("/api/leads", json={}).status_code == 503
        assert stub.requests == 1
        assert front.get("/api/leads").status_code == 503
        assert stub.requests > 2
    finally:
        stub.status = 200


def test_numbers_are_shown_and_nothing_can_be_done_there(front: httpx.Client, numbers: int) -> None:
    front.get("/api/leads")
    shown = httpx.Client(base_url=f"http://127.0.0.1:{numbers}")
    assert 'envoy_cluster_name="leads"' in shown.get("/stats/prometheus").text
    assert shown.get("/ready").status_code == 200
    assert {shown.post(path).status_code for path in ("/quitquitquit", "/healthcheck/fail")} == {404}
    assert shown.get("/config_dump").status_code == 404


def test_the_command_prints_the_same_routes_as_the_watched_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway", "--port", "80", "--suffix", ".crm.svc"]
    printed = subprocess.run(command, capture_output=True, check=True, env={"FRONTEND_URL": "https://crm.test/"})
    listener = json.loads(printed.stdout)["static_resources"]["listeners"][0]
    shown = listener["filter_chains"][0]["filters"][0]["typed_config"]["route_config"]["virtual_hosts"][0]
    watched = route_configuration(Settings(port=80, folder=tmp_path, origins=("https://crm.test",)))["virtual_hosts"][0]
    assert [_way(route) for route in shown.pop("routes")] == [_way(route) for route in watched.pop("routes")]
    assert shown == watched
    assert listener["address"]["socket_address"] == {"address": "0.0.0.0", "port_value": 80}
    assert "leads.crm.svc" in printed.stdout.decode()


def _way(route: dict[str, Any]) -> tuple[Any, ...]:
    target = route.get("route", {})
    return route["match"], target.get("cluster"), target.get("prefix_rewrite"), target.get("timeout")


def test_envoy_has_nothing_to_say_about_either_configuration(tmp_path: Path) -> None:
    """Envoy warns of what its next versions will refuse."""
    settings = Settings(port=80, folder=tmp_path, legacy="https://old.test", traces="http://traces.test:4318")
    named = tmp_path / "named.json"
    named.write_text(json.dumps(bootstrap(settings, Names())), encoding="utf-8")
    for path in (named, write_all(settings)):
        command = [str(envoy.binary()), "-c", str(path), "--mode", "validate", "--log-level", "warning"]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert said.stderr == ""


def test_containers_can_compare_too(tmp_path: Path) -> None:
    states = {"leads.read": State("shadow", 0, "person", 20), "leads.write": State("canary", 5, "tenant", 100)}
    given = {"legacy": "http://old.test", "legacy_key": key_of("x" * 32), "comparer": str(tmp_path), "states": states}
    file = tmp_path / "envoy.json"
    settings = Settings(port=free_port(), folder=tmp_path, by_name=True, **given)
    file.write_text(json.dumps(bootstrap(settings, Names())), encoding="utf-8")
    # The agent's.
    write_routes(settings)
    write_keys(tmp_path / KEYS, settings.legacy_key)
    command = [str(envoy.binary()), "--mode", "validate", "-c", str(file), "--log-level", "error"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    (watched,) = json.loads((tmp_path / "routes.json").read_text(encoding="utf-8"))["resources"]
    copied = [
        route["match"]
        for route in watched["virtual_hosts"][0]["routes"]
        if "envoy.filters.http.ext_proc" in route.get("typed_per_filter_config", {})
    ]
    # Each spelling of the reads, by share, and of the writes.
    assert [one.get("runtime_fraction", {}).get("default_value", {}).get("numerator") for one in copied] == [
        2000,
        None,
    ] * 3
