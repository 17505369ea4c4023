"""Counting tries, in Redis so that all processes share them; when Redis is away, per process and stricter."""

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from prometheus_client import Counter
from redis.exceptions import RedisError

from core.effects import outside
from core.errors import TooManyRequests

log = structlog.get_logger(__name__)

_FALLBACKS = Counter("leadmesh_throttle_fallback_total", "Throttle checks made without Redis", ["name"])
# Without shared counters every process counts alone: allow this share of the limit in each.
_FALLBACK_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more try is allowed, and in how many seconds to come back otherwise."""

    allowed: bool
    retry_after: int = 0


def hit(name: str, key: str, *, limit: int, seconds: int) -> Verdict:
    """Count a try of `key` under the rule `name` (at most `limit` in `seconds`) and say whether it is allowed."""
    outside("count of tries")
    item = RateLimitItemPerSecond(limit, seconds)
    try:
        return _verdict(_shared(), item, name, key)
    except RedisError as error:
        _FALLBACKS.labels(name).inc()
        log.warning("throttle_without_redis", rule=name, error=type(error).__name__)
        stricter = RateLimitItemPerSecond(max(1, math.floor(limit * _FALLBACK_SHARE)), seconds)
        return _verdict(_local(), stricter, name, key)


def demand(name: str, key: str, *, limit: int, seconds: int, refusal: str) -> None:
    """Count a try of `key` under the rule `name`. Raises TooManyRequests with the sentence `refusal` beyond `limit`."""
    verdict = hit(name, key[:254], limit=limit, seconds=seconds)
    if not verdict.allowed:
        raise TooManyRequests(refusal, verdict.retry_after)


def exhausted(name: str, key: str, *, limit: int, seconds: int) -> Verdict:
    """Say whether `key` has tries left under the rule `name`, without counting one."""
    item = RateLimitItemPerSecond(limit, seconds)
    try:
        limiter = _shared()
        remaining = limiter.get_window_stats(item, name, key)
    except RedisError:
        remaining = _local().get_window_stats(item, name, key)
    if remaining.remaining > 0:
        return Verdict(True)
    return Verdict(False, max(1, math.ceil(remaining.reset_time - time.time())))


def clear(name: str, key: str, *, limit: int, seconds: int) -> None:
    """Forget the tries of `key` under the rule `name`."""
    outside("count of tries")
    item = RateLimitItemPerSecond(limit, seconds)
    try:
        _shared().clear(item, name, key)
    except RedisError:
        _local().clear(item, name, key)


def _verdict(limiter: FixedWindowRateLimiter, item: RateLimitItemPerSecond, name: str, key: str) -> Verdict:
    if limiter.hit(item, name, key):
        return Verdict(True)
    reset = limiter.get_window_stats(item, name, key).reset_time
    return Verdict(False, max(1, math.ceil(reset - time.time())))


@lru_cache(maxsize=1)
def _shared() -> FixedWindowRateLimiter:
    timeouts: dict[str, Any] = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
    return FixedWindowRateLimiter(
        RedisStorage(settings.REDIS_URL, wrap_exceptions=False, key_prefix="throttle", **timeouts)
    )


@lru_cache(maxsize=1)
def _local() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())
