"""Asking the old system whether going back to it would help at all."""

import statistics
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from gateway.shadow.rendering import TO
from gateway.states import LEGACY

_READS, _SECONDS = 3, 5.0
_HEALTH = "/api/health"


@dataclass(frozen=True, slots=True)
class Read:
    """A read that a service answered with 200. authorization: its header; kept in memory only."""

    path: str
    authorization: str = field(default="", repr=False)


def through(socket: Path) -> httpx.Client:
    """Return a client that asks the old system through Envoy, whose `socket` that is: found and checked as for clients."""
    return httpx.Client(base_url="http://legacy", headers={TO: LEGACY}, transport=httpx.HTTPTransport(uds=str(socket)))


class OldSystem:
    """The old system, and the latest good reads of each group, which it can answer too."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._reads: dict[str, deque[Read]] = {}
        self._lock = threading.Lock()

    def note(self, group: str, read: Read) -> None:
        """Remember a read that a service answered well."""
        with self._lock:
            self._reads.setdefault(group, deque(maxlen=_READS)).append(read)

    def seconds(self, group: str) -> float:
        """Ask for the group's latest reads, or another group's where it has none, or for the health; return the middle one of the
        times, infinite when most of them fail."""
        return statistics.median(self._ask(read) for read in self._latest(group))

    def _latest(self, group: str) -> list[Read]:
        with self._lock:
            reads = self._reads.get(group) or next(iter(self._reads.values()), None)
            return list(reads or [Read(_HEALTH)])

    def _ask(self, read: Read) -> float:
        begun = time.monotonic()
        headers = {"authorization": read.authorization} if read.authorization else {}
        try:
            status = self._client.get(read.path, headers=headers, timeout=_SECONDS).status_code
        except httpx.HTTPError:
            return float("inf")
        return float("inf") if status >= 500 else time.monotonic() - begun
