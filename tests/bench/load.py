"""Load from several connections at once, with little processor time of its own: http.client, a thread a connection."""

import http.client
import itertools
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import psutil

Request = tuple[str, str, Any]


class Load(NamedTuple):
    """What was seen: answers a second, milliseconds at the median and the 95th percentile, and how many answers a second one
    core of the process under load would give, by the processor time that each cost it (0 when no process was given)."""

    rate: float
    p50: float
    p95: float
    per_core: float


def run(
    port: int,
    requests: Callable[[int], Iterator[Request]],
    token: str,
    *,
    seconds: float,
    connections: int = 8,
    process: psutil.Process | None = None,
) -> Load:
    """Send each connection's `requests(number)` to `port` for `seconds`. Raises AssertionError for any answer of 400 or more."""
    times: list[list[float]] = [[] for _ in range(connections)]
    faults: list[str] = []
    deadline = time.monotonic() + seconds

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for method, path, body in requests(number):
            if time.monotonic() > deadline or faults:
                break
            started = time.perf_counter()
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            times[number].append((time.perf_counter() - started) * 1000)
            if answer.status >= 400:
                faults.append(f"{method} {path}: {answer.status} {content[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    before, started = processor_seconds(process), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, used = time.perf_counter() - started, processor_seconds(process) - before
    assert not faults, faults[0]
    seen = list(itertools.chain.from_iterable(times))
    percentiles = statistics.quantiles(seen, n=20)
    return Load(len(seen) / wall, percentiles[9], percentiles[18], len(seen) / used if used else 0.0)


def processor_seconds(process: psutil.Process | None) -> float:
    """Return the processor time that a process and its children have used."""
    family = [process, *process.children(recursive=True)] if process else []
    return float(sum(sum(member.cpu_times()[:2]) for member in family))


def memory_of(process: psutil.Process) -> list[int]:
    """Return the resident megabytes of a process' children, its workers; of itself when it has none."""
    return [member.memory_info().rss // 2**20 for member in process.children() or [process]]
