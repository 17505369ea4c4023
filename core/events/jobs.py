"""Background work that may be lost with the broker: mails, refreshes. What must not be lost is an event."""

from typing import Any

import structlog
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

_LOST = Counter("leadmesh_jobs_lost_total", "Jobs that the broker did not take", ["task"])


def enqueue(task: Any, *arguments: Any) -> None:
    """Hand `task` to the worker. Never raises: a mail that cannot be queued must not fail the request."""
    try:
        task.delay(*arguments)
    except (OperationalError, RedisError, OSError) as error:
        _LOST.labels(task.name).inc()
        log.warning("job_lost", task=task.name, error=type(error).__name__)
