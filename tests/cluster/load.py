"""Bounded load on a loopback port: so many requests per second, never longer than told, every outcome counted."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

_LONGEST_SECONDS = 600.0


@dataclass
class Load:
    """GET `paths` in turn on 127.0.0.1:`port`, `rate` times per second, from `callers` threads.

    A caller keeps its connection when `keep`, else each request opens one (and may meet another pod)."""

    port: int
    paths: list[str]
    token: str
    rate: float
    callers: int = 8
    keep: bool = False
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

    @property
    def sent(self) -> int:
        """How many requests have an outcome."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> dict[str, int]:
        """Outcomes other than 200, with their numbers."""
        return {outcome: count for outcome, count in self.outcomes.items() if outcome != "200"}

    def _call(self, number: int) -> None:
        pause = self.callers / self.rate
        begun = time.monotonic() + number * pause / self.callers
        headers = {"Authorization": f"Bearer {self.token}"} | ({} if self.keep else {"Connection": "close"})
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=30.0) as client:
            for turn in range(int(_LONGEST_SECONDS / pause)):
                if self._ended.wait(max(0.0, begun + turn * pause - time.monotonic())):
                    return
                self._note(client, self.paths[(number + turn) % len(self.paths)])

    def _note(self, client: httpx.Client, path: str) -> None:
        begun = time.monotonic()
        try:
            outcome = str(client.get(path).status_code)
        except httpx.HTTPError as error:
            outcome = type(error).__name__
        with self._lock:
            self.outcomes[outcome] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
