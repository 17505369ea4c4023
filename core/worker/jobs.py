"""Background work that may be lost with the broker: mails, refreshes. What must not be lost is an event."""

from typing import Any

import structlog
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from redis.exceptions import RedisError

from core.effects import outside

log = structlog.get_logger(__name__)

# A busy worker need not start a task within its second.
_PATIENCE = 10.0
# Tasks that workers start by themselves: name -> seconds.
_PERIODIC: dict[str, float] = {}
_LOST = Counter("leadmesh_jobs_lost_total", "Jobs that the broker did not take", ["task"])


def enqueue(task: Any, *arguments: Any) -> None:
    """Hand `task` to the worker. Never raises: a mail that cannot be queued must not fail the request."""
    outside("job")
    try:
        task.delay(*arguments)
    except (OperationalError, RedisError, OSError) as error:
        _LOST.labels(task.name).inc()
        log.warning("job_lost", task=task.name, error=type(error).__name__)


def every(seconds: float, task: str) -> None:
    """Let every worker that knows the task named `task` start it each so many seconds. It must be safe to run at once in
    several workers. Call it where the task is declared."""
    _PERIODIC[task] = seconds


def schedule() -> dict[str, dict[str, Any]]:
    """Return the periodic tasks of this process, as Celery's beat wants them. What waited for its next turn is dropped."""
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, _PATIENCE)}}
        for task, seconds in _PERIODIC.items()
    }
