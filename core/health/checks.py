"""What a process needs, each as a check of django-health-check: none waits as long as two seconds.

Of the library's own, Cache and Disk are used. Its database check asks for SQL; nothing here stores files or needs mail to work.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from health_check.base import HealthCheck, HealthCheckResult
from health_check.checks import Cache
from health_check.contrib.psutil import Disk
from health_check.contrib.redis import Redis as RedisCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning
from pymongo.errors import PyMongoError
from redis.asyncio import Redis

from core.documents.collection import now
from core.documents.driver import ping
from core.events import outbox
from core.identity.keys import key_set

# The library adds a second to it. The gateway and the runner ask every second, and wait for two.
_PATIENCE = timedelta(milliseconds=500)
# Events are acknowledged within seconds; then the outbox tries for five minutes at most before it tries again.
_LONG_WAITING = timedelta(minutes=10)
_FULL_PERCENT = 95.0


@dataclasses.dataclass
class Mongo(HealthCheck):
    """The primary of a service's database answers."""

    service: str
    timeout = _PATIENCE

    def run(self) -> None:
        """Raise ServiceUnavailable when it does not."""
        try:
            ping(self.service)
        except PyMongoError as error:
            raise ServiceUnavailable(type(error).__name__) from error


def _broker() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


@dataclasses.dataclass(repr=False)
class Broker(RedisCheck):
    """Redis answers."""

    client_factory: Callable[[], Redis] = dataclasses.field(default=_broker, repr=False)
    timeout = _PATIENCE


@dataclasses.dataclass
class Draining(HealthCheck):
    """The process is not about to stop."""

    def run(self) -> None:
        """Raise ServiceUnavailable while the file is there that says so."""
        if settings.DRAINING_FILE and Path(settings.DRAINING_FILE).exists():
            raise ServiceUnavailable("about to stop")


@dataclasses.dataclass
class Outbox(HealthCheck):
    """All subscribers get the events of a service."""

    service: str
    timeout = _PATIENCE

    def run(self) -> None:
        """Raise ServiceWarning when an event waits for long, ServiceUnavailable when the outbox cannot be read."""
        try:
            behind = outbox.is_behind(self.service, now() - _LONG_WAITING)
        except PyMongoError as error:
            raise ServiceUnavailable(type(error).__name__) from error
        if behind:
            raise ServiceWarning("an event waits for longer than ten minutes")


@dataclasses.dataclass
class Keys(HealthCheck):
    """A key is known by which tokens can be verified."""

    timeout = _PATIENCE

    def run(self) -> None:
        """Raise ServiceUnavailable when there is none."""
        if "jwks" in settings.JWT_ACCEPT and not key_set.has_any():
            raise ServiceUnavailable("no public key of auth is known")


def databases() -> list[HealthCheck]:
    """Return the check of each database of this process: without them it can do nothing."""
    return [Mongo(service) for service in settings.SERVICES]


def others() -> list[HealthCheck]:
    """Return the checks of what a process gets along without for a while."""
    folder = Disk(path=gettempdir(), max_disk_usage_percent=_FULL_PERCENT)
    # What it writes expires after its patience, in whole seconds.
    return [Cache(timeout=timedelta(seconds=1)), Keys(), folder, *(Outbox(service) for service in settings.SERVICES)]


def results(checks: Sequence[HealthCheck]) -> list[HealthCheckResult]:
    """Run `checks` at the same time and return their results in the same order."""
    return async_to_sync(_results)(checks)


async def _results(checks: Sequence[HealthCheck]) -> list[Any]:
    return list(await asyncio.gather(*(check.get_result(pool()) for check in checks)))


@lru_cache(maxsize=1)
def pool() -> ThreadPoolExecutor:
    """Return the threads for checks that wait. They outlive an answer, so a check that hangs delays no request."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")
