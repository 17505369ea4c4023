"""The client for other services' HTTP routes: deadline, retries of idempotent calls, circuit breaker."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx
import stamina

from core.effects import outside
from core.identity.services import service_token
from core.observability.context import current_request_id
from core.settings.discovery import address_of

# A caller waits for us as well: a slow neighbour is worse than a missing one.
_TIMEOUT = httpx.Timeout(5.0, connect=1.0)
_ATTEMPTS = 3
# After this many failures in a row a service is left alone for a while.
_BREAKER_FAILURES, _BREAKER_SECONDS = 5, 5.0


class ServiceUnavailable(Exception):
    """The service did not answer, or is being left alone after repeated failures."""


class _Breaker:
    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        return time.monotonic() >= self._open_until

    def record(self, *, success: bool) -> None:
        with self._lock:
            self._failures = 0 if success else self._failures + 1
            if self._failures >= _BREAKER_FAILURES:
                self._open_until, self._failures = time.monotonic() + _BREAKER_SECONDS, 0


class ServiceClient:
    """Calls one service. Each call raises ServiceUnavailable when there is no answer; any answer is returned."""

    _breakers: dict[str, _Breaker] = {}
    _pool = httpx.Client(timeout=_TIMEOUT)

    def __init__(self, service: str) -> None:
        self.service = service
        self._breaker = self._breakers.setdefault(service, _Breaker())

    def get(self, path: str, params: Mapping[str, object] | None = None) -> httpx.Response:
        """GET `path` with a service token, tried up to three times."""
        return self._call("GET", path, attempts=_ATTEMPTS, params=params)

    def post(self, path: str, json: object = None) -> httpx.Response:
        """POST `json` to `path` with a service token, tried once: it may not be idempotent."""
        return self._call("POST", path, attempts=1, json=json)

    def _call(self, method: str, path: str, *, attempts: int, **arguments: object) -> httpx.Response:
        if not self._breaker.allows():
            raise ServiceUnavailable(self.service)
        try:
            for attempt in stamina.retry_context(on=httpx.TransportError, attempts=attempts, timeout=10.0):
                with attempt:
                    answer = self._send(method, path, **arguments)
        except httpx.HTTPError as error:
            self._breaker.record(success=False)
            raise ServiceUnavailable(self.service) from error
        self._breaker.record(success=answer.status_code < 500)
        return answer

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        outside("call")
        headers = {"Authorization": f"Bearer {service_token(self.service)}"}
        request_id = current_request_id()
        if request_id:
            headers["X-Request-ID"] = request_id
        return self._pool.request(method, address_of(self.service) + path, headers=headers, **arguments)
