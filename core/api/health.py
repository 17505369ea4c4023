"""Health of a service: is the process alive, can it do its work, and the old system's health answer."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.api.rendering import iso, json_response
from core.documents.database import ping

_STARTED = time.monotonic()
# A probe that waits longer than this counts as failed; the gateway asks every second.
_TIMEOUT_SECONDS = 2.0

Check = Callable[[], Any]


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process handles requests."""
    return json_response({"status": "alive", "timestamp": _now(), "uptime": _uptime()})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the own database answers, else 503. A missing broker is told but does not make a service
    unready: writes go on and their events wait in the outbox."""
    states = _states()
    usable = all(state == "up" for name, state in states.items() if name.startswith("mongodb"))
    body = {"status": "ready" if usable else "not ready", "timestamp": _now(), "services": states}
    return json_response(body, 200 if usable else 503)


def health(request: HttpRequest) -> HttpResponse:
    """Answer the old system's health body: status, timestamp, uptime, environment, version, services."""
    states = _states()
    usable = all(state == "up" for name, state in states.items() if name.startswith("mongodb"))
    body = {
        "status": "healthy" if usable else "unhealthy",
        "timestamp": _now(),
        "uptime": _uptime(),
        "environment": settings.LEADMESH_ENV,
        "version": settings.LEADMESH_VERSION,
        "services": states,
    }
    return json_response(body, 200 if usable else 503)


def _states() -> dict[str, str]:
    checks: dict[str, Check] = {"redis": lambda: _redis().ping()}
    for service in settings.SERVICES:
        checks[f"mongodb:{service}" if len(settings.SERVICES) > 1 else "mongodb"] = lambda service=service: ping(service)
    futures = {name: _pool().submit(check) for name, check in checks.items()}
    return {name: _outcome(future) for name, future in futures.items()}


def _outcome(future: Any) -> str:
    try:
        future.result(timeout=_TIMEOUT_SECONDS)
    except Exception:  # noqa: BLE001 - whatever is wrong with a part, it is down
        return "down"
    return "up"


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


@lru_cache(maxsize=1)
def _redis() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


def _uptime() -> float:
    return round(time.monotonic() - _STARTED, 3)


def _now() -> str:
    return iso(datetime.now(UTC))
