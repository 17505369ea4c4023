"""All services behind the gateway from one chart: the way of a lead, one service upgraded, one service missing."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from platform_services import SERVICES
from tests.cluster.conftest import Saw
from tests.cluster.data import Databases
from tests.cluster.load import Load
from tests.cluster.measures import Measures
from tests.cluster.node import Node
from tests.cluster.releases import Release
from tests.cluster.waiting import eventually
from tests.system.platform import lead_body
from tests.system.test_chain import founded

_PORT = 30002
# One cheap read of every service.
_PATHS = ["/api/auth/me", "/api/users/me", "/api/leads?limit=5", "/api/buyers?limit=5", "/api/dashboard/realtime"]


@pytest.fixture(scope="module")
def platform(node: Node, databases: Databases, measures: Measures, images: None, saw: Saw) -> Iterator[Release]:
    """The umbrella, installed into a namespace without anything."""
    databases.empty()
    databases.give_secret(node, "crm")
    release = Release(node, "crm", "leadmesh", _PORT)
    seconds = release.upgrade()
    for name in SERVICES:
        release.await_ready(name, 2)
    release.open_port("gateway", "gateway")
    pods = sum(len(release.ready(name, kind)) for name in SERVICES for kind in ("web", "worker"))
    saw("the umbrella", f"five services and the gateway from nothing in {seconds:.0f} s, {pods} pods of services")
    yield release
    release.helm("uninstall", "leadmesh")


@pytest.fixture(scope="module")
def boss(platform: Release) -> Iterator[httpx.Client]:
    """Somebody who registered, logged in and founded a tenant, all through the gateway."""
    client, _ = founded(platform)
    yield client
    client.close()


def test_the_way_of_a_lead(boss: httpx.Client, saw: Saw) -> None:
    buyer = {"companyName": "Buy Co", "contactName": "Bea", "email": "bea@x.test", "phone": "5125550000"}
    _ok(boss.post("/api/buyers", json={**buyer, "city": "Austin", "state": "TX"}))
    me = _ok(boss.get("/api/users/me"))["data"]["user"]["id"]
    _ok(boss.post("/api/leads", json=lead_body(me)))
    matched = eventually(lambda: _ok(boss.get("/api/buyers/matches")), 60)
    counted = eventually(lambda: _ok(boss.get("/api/dashboard/realtime"))["totalLeads"] == 1, 60)
    saw("the way of a lead", f"matched after {matched:.1f} s, counted by analytics {counted:.1f} s later")


def test_autoscalers_have_their_measures(platform: Release, saw: Saw) -> None:
    eventually(lambda: not _without_measures(platform), 120)
    kinds = {
        entry["metadata"]["name"]: {metric["type"] for metric in entry["spec"]["metrics"]}
        for entry in _autoscalers(platform)
    }
    assert kinds == {name: {"Resource", "Pods"} for name in SERVICES} | {
        f"{name}-worker": {"Resource", "External"} for name in SERVICES
    }
    saw("autoscalers", f"all {len(kinds)} have their measures: processor, requests of web pods, queues of workers")


def test_one_service_is_upgraded_alone(platform: Release, boss: httpx.Client, saw: Saw) -> None:
    others, before = _pods_but(platform, "leads"), _leads(boss)
    with _load(boss) as load:
        platform.upgrade("--set", "leads.image.tag=next")
        platform.await_ready("leads", 2)
    assert _pods_but(platform, "leads") == others
    # Every acknowledged write is there, once.
    assert _leads(boss) == before + load.outcomes["201"]
    saw("leads upgraded in the platform", f"no pod of another service touched; through the gateway {load.told()}")


def test_one_service_is_away(platform: Release, boss: httpx.Client, saw: Saw) -> None:
    paths = [path for path in _PATHS if "leads" not in path]
    with Load(_PORT, paths, boss.headers["Authorization"].split()[1]) as load:
        platform.kubectl("scale", "deployment/leads", "--replicas=0")
        away = eventually(lambda: boss.get("/api/leads").status_code == 503, 60)
        platform.kubectl("scale", "deployment/leads", "--replicas=2")
        back = eventually(lambda: boss.get("/api/leads").status_code == 200, 60)
    saw("leads away", f"503 after {away:.0f} s, back {back:.0f} s after the order; the others: {load.told()}")


def test_the_gateway_is_upgraded(platform: Release, boss: httpx.Client, saw: Saw) -> None:
    with _load(boss) as load:
        platform.upgrade("--set", "leads.image.tag=next", "--set", "gateway.rateLimit=400")
        platform.await_ready("gateway", 2, component="gateway")
    saw("the gateway upgraded", load.told())


def _load(boss: httpx.Client) -> Load:
    me = _ok(boss.get("/api/users/me"))["data"]["user"]["id"]
    return Load(_PORT, _PATHS, boss.headers["Authorization"].split()[1], ("/api/leads", partial(lead_body, me)))


def _leads(boss: httpx.Client) -> int:
    return int(_ok(boss.get("/api/leads"))["total"])


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), (str(answer.request.url), answer.status_code, answer.text)
    return answer.json()


def _pods_but(platform: Release, service: str) -> set[str]:
    pods = json.loads(platform.kubectl("get", "pods", "-o", "json"))["items"]
    return {
        pod["metadata"]["uid"] for pod in pods if pod["metadata"]["labels"].get("app.kubernetes.io/name") != service
    }


def _autoscalers(platform: Release) -> list[dict[str, Any]]:
    return list(json.loads(platform.kubectl("get", "hpa.v2beta2.autoscaling", "-o", "json"))["items"])


def _without_measures(platform: Release) -> list[str]:
    return [
        entry["metadata"]["name"]
        for entry in _autoscalers(platform)
        if len(entry["status"].get("currentMetrics") or []) < len(entry["spec"]["metrics"])
    ]
