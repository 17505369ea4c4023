"""Releases of our charts: installing, changing, and looking at their pods."""

import json
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

from tests.cluster.node import Node
from tests.cluster.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]
TENANT = "64b000000000000000000001"
Pod = dict[str, Any]


@dataclass
class Release:
    """One release of a chart in a namespace. port: the loopback port that will lead to it."""

    node: Node
    namespace: str
    chart: str
    port: int

    def client(self) -> httpx.Client:
        """Return a client of the release's port."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30.0)

    def helm(self, *words: str, check: bool = True) -> str:
        """Run helm in the release's namespace."""
        return self.node.run("helm", "--namespace", self.namespace, *words, check=check)

    def upgrade(self, *words: str, check: bool = True) -> float:
        """Install or upgrade, wait until everything is ready, and return the seconds it took. Raises AssertionError."""
        begun = time.monotonic()
        values = f"{_ROOT}/tests/cluster/values/{self.chart}.yaml"
        folder = charts(self.node) / self.chart
        words = ("--values", values, "--wait", "--timeout", "5m", *words)
        self.helm("upgrade", "--install", self.chart, str(folder), *words, check=check)
        return time.monotonic() - begun

    def kubectl(self, *words: str, check: bool = True, given: str | None = None) -> str:
        """Run kubectl in the release's namespace."""
        return self.node.kubectl("--namespace", self.namespace, *words, check=check, given=given)

    def pods(self, service: str, component: str = "web") -> list[Pod]:
        """Return the pods that are not about to go."""
        labels = f"app.kubernetes.io/name={service},app.kubernetes.io/component={component}"
        found = json.loads(self.kubectl("get", "pods", "-l", labels, "-o", "json"))["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, service: str, component: str = "web") -> list[str]:
        """Return the names of the ready pods."""
        return [pod["metadata"]["name"] for pod in self.pods(service, component) if is_ready(pod)]

    def await_ready(self, service: str, count: int, seconds: float = 120, component: str = "web") -> float:
        """Wait until exactly `count` pods are ready and no pod is on its way out; return how long it took."""
        return eventually(lambda: len(self.ready(service, component)) == count and not self._leaving(), seconds)

    def _leaving(self) -> list[str]:
        pods = json.loads(self.kubectl("get", "pods", "-o", "json"))["items"]
        return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" in pod["metadata"]]

    def open_port(self, service: str, component: str = "web") -> None:
        """Open the loopback port to a service's pods, and wait until it leads there."""
        labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/component": component}
        ports = [{"protocol": "TCP", "port": 8000, "nodePort": self.port}]
        entry = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{service}-outside"}}
        entry |= {"spec": {"type": "NodePort", "selector": labels, "ports": ports}}
        self.kubectl("apply", "-f", "-", given=json.dumps(entry))
        eventually(lambda: answers(self.port), 30)


def answers(port: int) -> bool:
    """Whether something speaks HTTP on a loopback port."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5.0)
    except httpx.HTTPError:
        return False
    return True


def is_ready(pod: Pod) -> bool:
    """Whether the kubelet calls the pod ready."""
    conditions = pod["status"].get("conditions", [])
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def charts(node: Node) -> Path:
    """Return a copy of the charts with their dependencies put in place; the repository stays as it is."""
    folder = node.folder / "charts"
    if not folder.exists():
        shutil.copytree(_ROOT / "helm", folder, ignore=shutil.ignore_patterns("charts", "Chart.lock"))
        for chart in sorted(folder.glob("*/Chart.yaml"), key=lambda path: path.parent.name == "leadmesh"):
            node.run("helm", "dependency", "update", "--skip-refresh", str(chart.parent))
    return folder


def token(secret: str, role: str = "admin") -> str:
    """Return an access token of the old system's kind."""
    moment, subject = int(time.time()), "64b00000000000000000a001"
    claims = {"sub": subject, "email": f"{role}@acme.test", "roles": [role], "status": "active"}
    claims |= {"tenantId": TENANT, "tenantName": "acme", "jti": uuid.uuid4().hex}
    return jwt.encode({**claims, "iat": moment, "exp": moment + 7200}, secret, algorithm="HS256")
