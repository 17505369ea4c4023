"""Waking the dispatcher after a commit, off the request path.

One daemon thread per process sends one small message for any number of commits. When the broker is away it tries again every
second; the dispatcher's own sweep finds events that no message announced.
"""

import os
import threading
import time

import structlog
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from redis.exceptions import RedisError

from core.events.transport import send

log = structlog.get_logger(__name__)

_FAILURES = Counter("leadmesh_nudge_failures_total", "Dispatch announcements that the broker did not take")
_RETRY_SECONDS = 1.0


class Nudger:
    """The thread and what it has to announce."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._process = 0
        self._broken = False

    def nudge(self, service: str) -> None:
        """Announce, soon, that `service` has something to dispatch. Never raises, never waits for the broker."""
        with self._lock:
            self._waiting.add(service)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name="nudge", daemon=True).start()
        self._wake.set()

    def _run(self) -> None:
        while self._wake.wait():
            self._wake.clear()
            with self._lock:
                services, self._waiting = self._waiting, set()
            for service in services:
                self._announce(service)

    def _announce(self, service: str) -> None:
        try:
            send("events.dispatch", f"{service}.outbox", [service])
            self._broken = False
        except (OperationalError, RedisError, OSError) as error:
            _FAILURES.inc()
            if not self._broken:
                log.warning("broker_away", error=type(error).__name__)
            self._broken = True
            time.sleep(_RETRY_SECONDS)
            with self._lock:
                self._waiting.add(service)
            self._wake.set()


_nudger = Nudger()


def nudge(service: str) -> None:
    """Announce, soon, that `service` has something to dispatch."""
    _nudger.nudge(service)
