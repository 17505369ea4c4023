"""The credential of a dry run: a header that holds for one body, at one service, once, for a few seconds.

Its secret, DRY_RUN_SECRET, is shared with the gateway's agent alone, which so gets no other internal route."""

import hashlib
import hmac
import re
import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from core.errors import NotFound, Unauthorized, Unavailable

HEADER = "X-Leadmesh-Dry-Run"
MOST_SECONDS = 10
_FORM = re.compile(r"(\d{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")


def check(header: str, body: bytes) -> None:
    """Return if `header` was signed for `body`. Raises NotFound where no dry runs are wanted; Unauthorized for any other
    header, an expired and a used one; Unavailable when it cannot be known whether it was used."""
    if not settings.DRY_RUN_SECRET:
        raise NotFound("Cannot POST /internal/dry-run")
    found = _FORM.fullmatch(header)
    if found is None:
        raise Unauthorized
    expires, nonce, given = found.groups()
    expected = [_signed(service, expires, nonce, body) for service in settings.SERVICES]
    if not any(hmac.compare_digest(given, one) for one in expected):
        raise Unauthorized
    if not 0 <= int(expires) - int(time.time()) <= MOST_SECONDS or not _first(nonce):
        raise Unauthorized


def _signed(service: str, expires: str, nonce: str, body: bytes) -> str:
    key = hmac.digest(settings.DRY_RUN_SECRET.encode(), b"leadmesh dry run", "sha256")
    told = f"{service}\n{expires}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(key, told.encode(), "sha256").hexdigest()


def _first(nonce: str) -> bool:
    try:
        return bool(cache.add(f"dry-run:{nonce}", 1, 2 * MOST_SECONDS))
    except (RedisError, OSError) as error:
        raise Unavailable from error
