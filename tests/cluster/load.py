"""Bounded load on a loopback port: so many requests per second, never longer than told, every outcome counted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

_LONGEST_SECONDS = 600.0


@dataclass
class Load:
    """GET `paths` in turn on 127.0.0.1:`port`, `rate` times per second, from `callers` threads; in between, POST what
    `written` makes to its path.

    Every other caller keeps its connection; the others open one for each request and so meet every pod."""

    port: int
    paths: list[str]
    token: str
    written: tuple[str, Callable[[], dict[str, Any]]] | None = None
    rate: float = 40.0
    callers: int = 8
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def __enter__(self) -> "Load":
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(self.callers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def told(self) -> str:
        """Return what happened as words for the table. Raises AssertionError when a request failed."""
        failed = {outcome: count for outcome, count in self.outcomes.items() if outcome not in ("200", "201")}
        assert not failed, f"{sum(self.outcomes.values())} requests: {dict(self.outcomes)}"
        assert self.outcomes, "no request was sent"
        writes = f" ({self.outcomes['201']} writes)" if self.written else ""
        return f"{self.outcomes.total()} requests{writes}, 0 failed, slowest {self.slowest * 1000:.0f} ms"

    def _call(self, number: int) -> None:
        pause = self.callers / self.rate
        begun = time.monotonic() + number * pause / self.callers
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Connection": "close"} if number % 2 else {})
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=30.0) as client:
            for turn in range(int(_LONGEST_SECONDS / pause)):
                if self._ended.wait(max(0.0, begun + turn * pause - time.monotonic())):
                    return
                self._note(client, (number + turn) % (len(self.paths) + bool(self.written)))

    def _note(self, client: httpx.Client, turn: int) -> None:
        begun = time.monotonic()
        try:
            outcome = str(self._send(client, turn).status_code)
        except httpx.HTTPError as error:
            outcome = type(error).__name__
        with self._lock:
            self.outcomes[outcome] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def _send(self, client: httpx.Client, turn: int) -> httpx.Response:
        if self.written and turn == len(self.paths):
            path, body = self.written
            return client.post(path, json=body())
        return client.get(self.paths[turn])
