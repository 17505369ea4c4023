"""The service leads deployed alone: installing, upgrading, scaling, losing pods, a migration that fails, going back."""

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.cluster.conftest import Saw
from tests.cluster.data import Databases
from tests.cluster.draining import Drain
from tests.cluster.load import Load
from tests.cluster.measures import Measures
from tests.cluster.node import NAME, Node
from tests.cluster.releases import Release, token
from tests.cluster.waiting import eventually
from tests.system.platform import lead_body

_PORT = 30001
_PATHS = ["/api/leads?limit=5", "/api/leads/stats"]
_WRITTEN = ("/api/leads", partial(lead_body, "64b00000000000000000a001"))


@pytest.fixture(scope="module")
def leads(node: Node, databases: Databases, measures: Measures, images: None) -> Iterator[Release]:
    """The release, installed; gone at the end."""
    databases.give_secret(node, "alone")
    release = Release(node, "alone", "leads", _PORT)
    release.upgrade()
    # The Deployment says no number: it begins with one pod, and the autoscaler makes it two.
    release.await_ready("leads", 2)
    release.open_port("leads")
    yield release
    release.helm("uninstall", "leads")
    node.kubectl("delete", "namespace", "alone")


@pytest.fixture
def admin(databases: Databases) -> str:
    return token(databases.secret["JWT_SECRET"])


def _version() -> str:
    return str(httpx.get(f"http://127.0.0.1:{_PORT}/health", timeout=10.0).json()["version"])


def test_leads_serves_alone(leads: Release, databases: Databases, admin: str, saw: Saw) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", headers={"Authorization": f"Bearer {admin}"}) as client:
        made = client.post("/api/leads", json=lead_body("64b00000000000000000a001"))
        assert made.status_code == 201, made.text
        assert client.get("/api/leads").json()["total"] == 1
    # Its worker hands the event on; nobody is there to hear it, and it waits.
    eventually(lambda: databases.waiting("buyers") > 0, 30)
    assert databases.of("leads")["django_migrations"].count_documents({}) > 0
    saw(
        "leads alone",
        f"{len(leads.ready('leads'))} web pods, {len(leads.ready('leads', 'worker'))} worker; a lead made, read",
    )


def test_a_rolling_upgrade_loses_nothing(leads: Release, admin: str, saw: Saw) -> None:
    before = _version()
    with Load(_PORT, _PATHS, admin, _WRITTEN) as load:
        seconds = leads.upgrade("--set", "image.tag=next")
        leads.await_ready("leads", 2)
    assert (before, _version()) == ("0.1.0", "99.0.0")
    saw("rolling upgrade", f"{before} to 99.0.0 in {seconds:.0f} s: {load.told()}")


def test_a_deleted_pod_is_replaced(leads: Release, admin: str, saw: Saw) -> None:
    gone = leads.ready("leads")[0]
    with Load(_PORT, _PATHS, admin) as load:
        leads.kubectl("delete", "pod", gone, "--wait=false")
        seconds = leads.await_ready("leads", 2)
    assert gone not in leads.ready("leads")
    saw("a deleted pod", f"replaced and gone after {seconds:.0f} s: {load.told()}")


def test_a_drain_leaves_a_pod_at_work(leads: Release, node: Node, admin: str, saw: Saw) -> None:
    old = leads.ready("leads")
    with Load(_PORT, _PATHS, admin) as load, Drain(node) as drain:
        # The node takes nothing new: the second pod may not go, for the first one cannot be replaced.
        drain.await_refusal(3)
        left = leads.ready("leads")
        node.kubectl("uncordon", NAME)
        drain.await_end()
        leads.await_ready("leads", 2)
    assert len(left) == 1
    assert not set(old) & set(leads.ready("leads"))
    saw("a drain", f"{drain.refused()} evictions refused, one by one all pods moved: {load.told()}")


def test_a_failing_migration_stops_the_upgrade(leads: Release, admin: str, saw: Saw) -> None:
    before = sorted(leads.ready("leads"))
    with Load(_PORT, _PATHS, admin) as load:
        leads.upgrade("--set", "image.tag=failing", check=False)
    history = json.loads(leads.helm("history", "leads", "-o", "json"))
    assert [entry["status"] for entry in history] == ["superseded", "deployed", "failed"]
    assert "This migration fails." in leads.kubectl("logs", "job/leads-migrate")
    assert (sorted(leads.ready("leads")), _version()) == (before, "99.0.0")
    saw("a failing migration", f"upgrade refused, the same pods go on: {load.told()}")


def test_rolling_back(leads: Release, admin: str, saw: Saw) -> None:
    with Load(_PORT, _PATHS, admin, _WRITTEN) as load:
        leads.helm("rollback", "leads", "1", "--wait", "--timeout", "5m")
        leads.await_ready("leads", 2)
    assert _version() == "0.1.0"
    saw("rollback", f"99.0.0 to 0.1.0: {load.told()}")


def test_the_autoscaler_follows_the_load(leads: Release, admin: str, saw: Saw) -> None:
    leads.upgrade("--set", "web.autoscaling.requestsPerSecond=12")
    with Load(_PORT, _PATHS, admin) as load:
        out = leads.await_ready("leads", 4, 240)
        measured = _measured(leads)
    with Load(_PORT, _PATHS, admin, rate=8) as little:
        back = leads.await_ready("leads", 2, 420)
    saw("autoscaler, out", f"2 to 4 pods in {out:.0f} s at 40 requests/s ({measured}): {load.told()}")
    saw("autoscaler, in", f"4 to 2 pods in {back:.0f} s at 8 requests/s ({_measured(leads)}): {little.told()}")


def test_a_frozen_workers_backlog_calls_another_one(leads: Release, databases: Databases, admin: str, saw: Saw) -> None:
    (frozen,) = _workers()
    os.kill(frozen, signal.SIGSTOP)
    with httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", headers={"Authorization": f"Bearer {admin}"}) as client:
        for _ in range(60):
            assert client.post("/api/leads", json=lead_body("64b00000000000000000a001")).status_code == 201
    waited = databases.waiting("leads")
    assert waited > 10, "nothing waits: the autoscaler has no reason"
    seconds = eventually(lambda: len(leads.pods("leads", "worker")) == 2 and databases.waiting("leads") == 0, 60)
    os.kill(frozen, signal.SIGCONT)
    saw(
        "a frozen worker",
        f"{waited} messages waited; the autoscaler's second worker had none left {seconds:.0f} s later",
    )


def _workers() -> list[int]:
    """Processes of workers; this namespace has only ours."""
    commands = {path: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [int(path.parent.name) for path, command in commands.items() if b"services.leads.celery" in command]


def _measured(leads: Release) -> str:
    """What the autoscaler knows now, a pod's share."""
    status = json.loads(leads.kubectl("get", "hpa.v2beta2.autoscaling", "leads", "-o", "json"))["status"]
    current = [metric[metric["type"].lower()]["current"] for metric in status["currentMetrics"]]
    return ", ".join(str(value.get("averageValue")) for value in current)
