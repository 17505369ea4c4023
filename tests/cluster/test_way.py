"""One group of routes goes over and back in a cluster, with the same command, through two gateways under a light load."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_services import SERVICES
from tests.cluster.conftest import Saw
from tests.cluster.data import Databases
from tests.cluster.node import NODE, Node
from tests.cluster.releases import Release
from tests.cluster.waiting import eventually
from tests.legacy.load import LEGACY, SERVICE, Load
from tests.legacy.walk import DATABASE, STEPS, everywhere, moved, standing_in
from tests.system.platform import ROOT

GROUP = "leads.read"
_PORT, _OLD_PORT = 30003, 8100


@dataclass(frozen=True)
class Way:
    """Leads and two gateways in a cluster, the old system beside it."""

    release: Release
    legacy: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.release.port}"

    def command(self, *words: str) -> str:
        """Run `leadmesh` as an operator who has kubectl and nothing else."""
        node = self.release.node
        path = f"{node.built / 'bin'}:{os.environ['PATH']}"
        told = ["--context", "test", "--namespace", self.release.namespace]
        environment = {"PATH": path, "HOME": str(node.folder), **node.environment}
        done = subprocess.run(
            [sys.executable, "-m", "ops", *words, *told],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def gateways(self) -> set[str]:
        return {one["gateway"] for one in json.loads(self.command("routes", "--json"))["gateways"]}


@pytest.fixture(scope="module")
def way(node: Node, databases: Databases, images: None, folder: Path) -> Iterator[Way]:
    databases.empty()
    databases.give_secret(node, "way")
    (folder / "way").mkdir()
    given = {name: databases.secret[name] for name in ("MONGODB_URI", "JWT_SECRET")}
    release = Release(node, "way", "leadmesh", _PORT)
    old = {"host": NODE, "port": _OLD_PORT, "tls": "false"}
    words = [f"{name}.enabled=false" for name in SERVICES if name != "leads"]
    words += [f"gateway.legacy.{name}={value}" for name, value in old.items()]
    words += [f"global.env.MONGODB_NAME={DATABASE}", "global.env.JWT_ISSUE=legacy", "gateway.replicas=2"]
    with standing_in(folder / "way", NODE, _OLD_PORT, **given) as legacy:
        release.upgrade(*(part for word in words for part in ("--set", word)))
        release.open_port("gateway", "gateway")
        way = Way(release, legacy)
        way.command("rollback", "--all", "--reason", "nothing has moved yet")
        yield way
        release.helm("uninstall", "leadmesh")


def test_a_group_goes_over_and_back(way: Way, saw: Saw) -> None:
    assert way.gateways() == set(way.release.ready("gateway", "gateway"))
    load, took = Load(way.url, way.legacy), {}
    with load.running():
        for to in (*STEPS, "rollback"):
            before = load.answers.copy()
            took[to] = moved(way, GROUP, to)
            for side in {"canary=50": (LEGACY, SERVICE), "service": (SERVICE,), "rollback": (LEGACY,)}.get(to, ()):
                eventually(lambda side=side, before=before: load.answers[GROUP, side] > before[GROUP, side] + 3, 60)
    assert load.failures == []
    assert max(took.values()) < 5
    assert everywhere(way, way.legacy, load) == []
    steps = ", ".join(f"{to} {seconds:.2f} s" for to, seconds in took.items())
    told = f"{sum(load.answers.values())} requests, 0 failed, {len(load.promised)} leads found on both sides"
    saw(f"{GROUP} over and back", f"{steps}; {told}")


def test_a_new_gateway_follows_the_states(way: Way, saw: Saw) -> None:
    moved(way, GROUP, "canary=50")
    (going, staying) = way.release.ready("gateway", "gateway")
    way.release.kubectl("delete", "pod", going, "--wait=false")
    seconds = way.release.await_ready("gateway", 2, component="gateway")
    now = set(way.release.ready("gateway", "gateway"))
    assert going not in now
    assert staying in now
    assert way.gateways() == now
    assert "Served by all 2 gateways" in way.command("rollback", GROUP, "--reason", "and back")
    saw("a gateway's pod deleted", f"the new one serves the states, both known after {seconds:.0f} s")
