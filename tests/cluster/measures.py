"""What pods really do: processor time from their cgroups, answered requests from their /metrics, waiting messages
from the broker. Nothing can be told to it."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.configuration import CGROUP_ROOT
from tests.cluster.node import Node

_PAUSE_SECONDS = 3.0
_CPU = Path("/sys/fs/cgroup/cpuacct" + CGROUP_ROOT)
# As in helm/metrics: requests of probes and of this very reading do not count as work.
_ANSWERED = re.compile(
    r'^django_http_responses_total_by_status_view_method_total\{[^}]*view="([^"]*)"[^}]*\} (\S+)$', re.M
)
_NO_WORK = re.compile(r"core\.api\.health|[Pp]rometheus")
Pod = dict[str, Any]


@dataclass
class Measures:
    """Rates of every running pod, renewed every three seconds by a thread."""

    node: Node
    waiting: Callable[[str], int]
    pods: list[Pod] = field(default_factory=list)
    cores: dict[str, float] = field(default_factory=dict)
    requests: dict[str, float] = field(default_factory=dict)
    _before: dict[str, tuple[float, float]] = field(default_factory=dict)

    def start(self) -> None:
        """Measure until the end of the process."""
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            # A pod may go away between two looks; the next round knows.
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._measure()
            time.sleep(_PAUSE_SECONDS)

    def _measure(self) -> None:
        pods = json.loads(self.node.kubectl("get", "pods", "-A", "-o", "json", check=False))["items"]
        running = [pod for pod in pods if pod["status"].get("phase") == "Running"]
        cores = {uid_of(pod): self._rate(f"cpu {uid_of(pod)}", _cpu_seconds(pod)) for pod in running}
        requests = {uid_of(pod): self._rate(f"requests {uid_of(pod)}", _answered(pod)) for pod in running}
        self.pods, self.cores, self.requests = running, _known(cores), _known(requests)

    def _rate(self, key: str, total: float | None) -> float | None:
        """The growth per second since the last look; nothing at the first one."""
        if total is None:
            return None
        moment = time.monotonic()
        before = self._before.get(key)
        self._before[key] = (moment, total)
        return max(0.0, (total - before[1]) / (moment - before[0])) if before else None


def uid_of(pod: Pod) -> str:
    """Return the identifier under which a pod's measures are kept."""
    return str(pod["metadata"]["uid"])


def _known(rates: dict[str, float | None]) -> dict[str, float]:
    return {key: rate for key, rate in rates.items() if rate is not None}


def _cpu_seconds(pod: Pod) -> float | None:
    for folder in _CPU.glob(f"kubepods/**/pod{uid_of(pod)}"):
        return int((folder / "cpuacct.usage").read_text(encoding="ascii")) / 1e9
    return None


def _answered(pod: Pod) -> float | None:
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports", [])]
    if not any(port.get("name") == "http" for port in ports):
        return None
    try:
        text = httpx.get(f"http://{pod['status']['podIP']}:8000/metrics", timeout=2.0).text
    except httpx.HTTPError:
        return None
    return sum(float(value) for view, value in _ANSWERED.findall(text) if not _NO_WORK.search(view))
