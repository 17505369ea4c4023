"""One group goes over and back in Compose under a light load. The old system's stand-in runs on this machine, on the stack's
database."""

import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple

import httpx
import pytest

from tests.images.engine import build, docker, image
from tests.images.stack import Stack, answers, eventually
from tests.legacy.load import LEGACY, SERVICE, Load, log_in, side_of
from tests.legacy.walk import STEPS, everywhere, moved, standing_in
from tests.parts import free_port

GROUP = "leads.read"


class Way(NamedTuple):
    stack: Stack
    legacy: str


@pytest.fixture(scope="module")
def way(engine: None, stand_ins: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """All services in one process, which is the lightest, behind the gateway and its agent."""
    build("monolith", "gateway-agent")
    folder, port = tmp_path_factory.mktemp("way"), free_port()
    # By its first address containers reach this machine.
    subnet = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    host = str(ip_network(subnet)[1])
    stack = Stack(folder, "monolith", stand_ins, legacy=f"http://{host}:{port}")
    try:
        stack.start()
        secrets = {"MONGODB_URI": database(stack), "JWT_SECRET": stack.secrets["JWT_SECRET"]}
        with standing_in(folder, host, port, **secrets) as legacy:
            eventually(lambda: answers(f"{stack.url}/health"))
            stack.command("rollback", "--all", "--reason", "nothing has moved yet")
            stack.compose("exec", "-T", "monolith", "docker/entrypoint", "manage", "rebuild_projections")
            yield Way(stack, legacy)
    finally:
        stack.stop()


def database(stack: Stack) -> str:
    """The stack's MongoDB as this machine reaches it."""
    address = stack.containers("mongodb")[0]["NetworkSettings"]["Networks"]["leadmesh-test_data"]["IPAddress"]
    password = stack.secrets["MONGODB_PASSWORD"]
    return f"mongodb://leadmesh:{password}@{address}:27017/?directConnection=true&authSource=admin"


def test_a_group_goes_over_and_back_and_nobody_notices(way: Way, figures: list[str]) -> None:
    load, took = Load(way.stack.url, way.legacy), {}
    with load.running():
        for to in (*STEPS, "rollback"):
            before = load.answers.copy()
            took[to] = moved(way.stack, GROUP, to)
            for side in {"canary=50": (LEGACY, SERVICE), "service": (SERVICE,), "rollback": (LEGACY,)}.get(to, ()):
                eventually(lambda side=side, before=before: load.answers[GROUP, side] > before[GROUP, side] + 3)
    assert load.failures == []
    assert len(load.promised) > 3
    assert max(took.values()) < 5
    assert everywhere(way.stack, way.legacy, load) == []
    steps = ", ".join(f"{to} {seconds:.2f} s" for to, seconds in took.items())
    figures.append(f"{GROUP} in Compose: {steps}; {sum(load.answers.values())} requests, {len(load.failures)} failed")


def test_states_survive_a_restart_of_the_gateway(way: Way) -> None:
    moved(way.stack, GROUP, "rollback")
    way.stack.compose("restart", "gateway", "gateway-agent")
    assert state(way) == "legacy"
    headers = {"Authorization": f"Bearer {log_in(way.legacy, 'admin@acme.test')['accessToken']}"}
    eventually(lambda: answers(f"{way.stack.url}/health"))
    answered = httpx.get(f"{way.stack.url}/api/leads", headers=headers, timeout=30)
    assert (answered.status_code, side_of(answered)) == (200, LEGACY)


def state(way: Way) -> str:
    rows = json.loads(way.stack.command("routes", "--json"))["groups"]
    return str(next(row["state"] for row in rows if row["group"] == GROUP))


def test_the_agent_can_do_little(way: Way) -> None:
    (agent,) = way.stack.containers("gateway-agent")
    host = agent["HostConfig"]
    assert (agent["Config"]["Image"], host["ReadonlyRootfs"], host["CapDrop"]) == (
        image("gateway-agent"),
        True,
        ["ALL"],
    )
    assert agent["Config"]["User"] == "10001:10001"
    assert not [port for port in host["PortBindings"] or {} if host["PortBindings"][port]]
    refused = docker(
        "exec", agent["Id"], "sh", "-c", "cp /app/VERSION /run/gateway/envoy.json 2>/dev/null || echo refused"
    )
    assert refused == "refused"
