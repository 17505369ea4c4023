"""Health of a service: is the process alive, can it do its work, and the old system's health answer."""

import os
import resource
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.api.rendering import iso, json_response
from core.documents.driver import ping

# A probe that waits longer than this counts as failed; the gateway asks every second.
_TIMEOUT_SECONDS = 2.0


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process handles requests. Memory is in bytes: resident now and at most."""
    used, highest = _memory()
    memory = {"used": used, "total": highest, "external": 0}
    return json_response({"status": "alive", "timestamp": _now(), "memory": memory})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the own database answers, else 503; 503 as well while the process is about to stop. A missing broker
    is told but does not make a service unready: writes go on and their events wait in the outbox."""
    states, draining = _states(), _draining()
    checks = {name: "ok" if up else "down" for name, up in states.items()}
    serves = states["database"] and not draining
    status = "ready" if serves else "draining" if draining else "not ready"
    return json_response({"status": status, "timestamp": _now(), "checks": checks}, 200 if serves else 503)


def health(request: HttpRequest) -> HttpResponse:
    """Answer the old system's health body: status, timestamp, uptime, environment, version, services."""
    states = _states()
    body = {
        "status": "ok" if states["database"] else "error",
        "timestamp": _now(),
        "uptime": _uptime(),
        "environment": settings.LEADMESH_ENV,
        "version": settings.LEADMESH_VERSION,
        "services": {name: "connected" if up else "disconnected" for name, up in states.items()},
    }
    return json_response(body, 200 if states["database"] else 503)


def _states() -> dict[str, bool]:
    databases = [_pool().submit(ping, service) for service in settings.SERVICES]
    broker = _pool().submit(lambda: _redis().ping())
    answers = [_answers(future) for future in databases]
    database = all(answers)
    # Searching is done by the database's text indexes; the member stays for clients of the old answer.
    return {"database": database, "redis": _answers(broker), "search": database}


def _draining() -> bool:
    return bool(settings.DRAINING_FILE) and Path(settings.DRAINING_FILE).exists()


def _answers(future: Future[Any]) -> bool:
    try:
        future.result(timeout=_TIMEOUT_SECONDS)
    except Exception:  # noqa: BLE001 - whatever is wrong with a part, it is down
        return False
    return True


def _uptime() -> float:
    """Seconds since the process began: field 22 of /proc/self/stat is the beginning, in ticks since boot (proc(5))."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 3)


def _memory() -> tuple[int, int]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


@lru_cache(maxsize=1)
def _redis() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


def _now() -> str:
    return iso(datetime.now(UTC))
