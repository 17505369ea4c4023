"""Handing messages to Celery. Kept apart so that the rest of the package does not know the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app

from core.effects import outside


def send(task: str, queue: str, arguments: list[Any]) -> None:
    """Send the Celery task `task` to `queue`. Raises kombu's OperationalError when the broker is away."""
    outside("message")
    if _captured is not None:
        _captured.append((task, arguments))
        return
    current_app.send_task(task, args=arguments, queue=queue, ignore_result=True)


Message = tuple[str, list[Any]]

_captured: list[Message] | None = None


@contextmanager
def captured() -> Iterator[list[Message]]:
    """Keep the messages of this process in a list instead of sending them: for tests of one process."""
    global _captured
    before, _captured = _captured, []
    try:
        yield _captured
    finally:
        _captured = before
