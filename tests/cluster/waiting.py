"""Waiting for what a cluster does in its own time."""

import time
from collections.abc import Callable


def eventually(question: Callable[[], object], seconds: float, every: float = 0.5) -> float:
    """Return after how many seconds `question` had a true answer. Raises AssertionError when it has none in time."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if question():
            return time.monotonic() - begun
        time.sleep(every)
    raise AssertionError(f"not within {seconds:.0f} seconds")
