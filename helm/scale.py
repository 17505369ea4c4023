"""The autoscalers' numbers from helm/scale.toml."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("scale.toml")
# A new pod takes a while to come: ask for it before the others are full.
HEADROOM = 0.7
# One pod may always go away.
_LEAST_PODS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What one pod of a service carries, and what all together must."""

    cpu: str
    memory: str
    p95_ms: int
    requests_per_second: int
    peak_requests_per_second: int
    tasks_per_second: int
    peak_tasks_per_second: int
    lag_seconds: int


def load(path: Path = TABLE) -> dict[str, Load]:
    """Return the table by service. Raises TypeError for a missing or an unknown number."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {service: Load(**row) for service, row in rows.items()}


def values(load: Load) -> dict[str, Any]:
    """Return the part of a service's values that follows from its load."""
    resources = {"requests": {"cpu": load.cpu, "memory": load.memory}, "limits": {"memory": _twice(load.memory)}}
    target = math.floor(load.requests_per_second * HEADROOM)
    most_web = max(_LEAST_PODS, math.ceil(load.peak_requests_per_second / target))
    most_workers = max(1, math.ceil(load.peak_tasks_per_second / (load.tasks_per_second * HEADROOM)))
    percent = round(HEADROOM * 100)
    return {
        "web": {
            "resources": resources,
            "autoscaling": {
                "minReplicas": _LEAST_PODS,
                "maxReplicas": most_web,
                "cpuPercent": percent,
                "requestsPerSecond": target,
            },
        },
        "worker": {
            "resources": resources,
            "autoscaling": {
                "minReplicas": 1,
                "maxReplicas": most_workers,
                "cpuPercent": percent,
                "queueDepth": load.tasks_per_second * load.lag_seconds,
            },
        },
        "migrate": {"resources": {"requests": {"cpu": "100m", "memory": load.memory}, "limits": resources["limits"]}},
    }


def _twice(memory: str) -> str:
    return f"{int(memory.removesuffix('Mi')) * 2}Mi"
