"""Answers about health: is the process alive, can it do its work, the old system's answer, and every check by name."""

import os
import resource
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from health_check.base import HealthCheck
from health_check.views import HealthCheckView

from core.api.rendering import iso, json_response
from core.health import checks


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process handles requests. Memory is in bytes: resident now and at most."""
    used, highest = _memory()
    memory = {"used": used, "total": highest, "external": 0}
    return json_response({"status": "alive", "timestamp": _now(), "memory": memory})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the own database answers, else 503; 503 as well while the process is about to stop. A missing broker
    is told but does not make a service unready: writes go on and their events wait in the outbox."""
    states, draining = _states()
    told = {name: "ok" if up else "down" for name, up in states.items()}
    serves = states["database"] and not draining
    status = "ready" if serves else "draining" if draining else "not ready"
    return json_response({"status": status, "timestamp": _now(), "checks": told}, 200 if serves else 503)


def health(request: HttpRequest) -> HttpResponse:
    """Answer the old system's health body: status, timestamp, uptime, environment, version, services."""
    states, _ = _states()
    body = {
        "status": "ok" if states["database"] else "error",
        "timestamp": _now(),
        "uptime": _uptime(),
        "environment": settings.LEADMESH_ENV,
        "version": settings.LEADMESH_VERSION,
        "services": {name: "connected" if up else "disconnected" for name, up in states.items()},
    }
    return json_response(body, 200 if states["database"] else 503)


class Checks(HealthCheckView):
    """Every check by name, for people and for machines (`?format=json`, `text`, `openmetrics`): 500 when one fails, also one
    that a process gets along without."""

    def get_checks(self) -> list[HealthCheck]:
        """Return the checks of a web process."""
        return [*checks.databases(), checks.Broker(), checks.Draining(), *checks.others()]

    def get_executor(self) -> AbstractContextManager[Any]:
        """Return the threads of all checks."""
        return nullcontext(checks.pool())


def _states() -> tuple[dict[str, bool], bool]:
    """Return which parts are up, by the old answer's names, and whether the process is about to stop."""
    *databases, broker, draining = checks.results([*checks.databases(), checks.Broker(), checks.Draining()])
    database = not any(result.error for result in databases)
    # Searching is done by the database's text indexes; the member stays for clients of the old answer.
    return {"database": database, "redis": not broker.error, "search": database}, bool(draining.error)


def _uptime() -> float:
    """Seconds since the process began: field 22 of /proc/self/stat is the beginning, in ticks since boot (proc(5))."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 3)


def _memory() -> tuple[int, int]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _now() -> str:
    return iso(datetime.now(UTC))
