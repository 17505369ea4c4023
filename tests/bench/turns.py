"""Timing of several calls in turn, so that a noisy machine disturbs all alike."""

import time
from collections.abc import Callable
from typing import Any

_WARM_UP = 20


def take_turns(calls: list[Callable[[], Any]], seconds: float) -> list[list[float]]:
    """Call each in turn for `seconds` in all, after a warm-up, and return the milliseconds of every call."""
    for call in calls:
        for _ in range(_WARM_UP):
            call()
    times: list[list[float]] = [[] for _ in calls]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline or len(times[0]) < _WARM_UP:
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            taken.append((time.perf_counter() - started) * 1000)
    return times
