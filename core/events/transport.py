"""Handing messages to Celery. Kept apart so that the rest of the package does not know the broker."""

from typing import Any

from celery import current_app


def send(task: str, queue: str, arguments: list[Any]) -> None:
    """Send the Celery task `task` to `queue`. Raises kombu's OperationalError when the broker is away."""
    current_app.send_task(task, args=arguments, queue=queue, ignore_result=True)
