"""The Celery application of a service and what its worker does beside tasks."""

import logging.config
import os
from typing import Any

import django
import structlog
from celery import Celery, bootsteps, current_app
from celery.beat import EmbeddedService, Scheduler
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
)
from django.apps import apps
from django.conf import settings
from kombu.entity import Exchange, Queue
from prometheus_client import start_http_server

from core.observability.context import current_request_id
from core.observability.tracing import start_tracing
from core.worker.jobs import schedule


def celery_app() -> Celery:
    """Return the Celery application of the service in DJANGO_SETTINGS_MODULE, for `celery -A`."""
    django.setup()
    app: Celery = current_app._get_current_object()
    return app


def configured_app(name: str) -> Celery:
    """Make the Celery application of the service `name`, set it as the default and return it."""
    app = Celery(f"leadmesh.{name}")
    app.config_from_object(settings.CELERY)
    app.conf.task_queues = [
        _queue(f"{member}.{kind}") for member in settings.SERVICES for kind in ("events", "outbox", "jobs")
    ]
    app.conf.task_routes = (route_task,)
    app.conf.worker_pool = "threads"
    app.conf.worker_concurrency = settings.CELERY_WORKER_THREADS
    # At once, also in web processes: the admin replays events, which needs their handlers.
    ours = [config.name for config in apps.get_app_configs() if config.name.startswith(("core.", "services."))]
    app.autodiscover_tasks(ours, force=True)
    app.conf.beat_schedule = schedule()
    app.steps["worker"].add(EmbeddedBeat)
    app.set_default()
    return app


def _queue(name: str) -> Queue:
    return Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]


def route_task(
    name: str, args: object, kwargs: object, options: object, task: object = None, **_: object
) -> dict[str, str] | None:
    """Return the queue of a task: `services.leads.…` goes to `leads.jobs`, what every worker does for itself to its outbox."""
    words = name.split(".")
    if words[0] == "services":
        return {"queue": f"{words[1]}.jobs"}
    return {"queue": f"{settings.SERVICES[0]}.outbox"} if name in schedule() else None


@setup_logging.connect
def use_our_logging(**_: object) -> None:
    """Keep Celery from replacing our logging."""
    logging.getLogger("celery").setLevel(logging.WARNING)


@worker_init.connect
def observe_worker(**_: object) -> None:
    """Start tracing and, when asked for, the metrics port of a worker."""
    start_tracing(settings.SERVICE_NAME, settings.LEADMESH_INSTANCE)
    port = os.environ.get("LEADMESH_METRICS_PORT")
    if port:
        start_http_server(int(port), addr=os.environ.get("LEADMESH_METRICS_HOST", "127.0.0.1"))


@before_task_publish.connect
def send_request_id(headers: Any = None, **_: object) -> None:
    """Let a task that a request starts be logged under the request's id."""
    if headers is not None and current_request_id():
        headers["leadmesh_request_id"] = current_request_id()


@task_prerun.connect
def bind_request_id(task: Any = None, **_: object) -> None:
    """Put the id of the request that started `task` into the worker's log lines."""
    request_id = task.request.get("leadmesh_request_id")
    if request_id:
        task.request.leadmesh_bound = structlog.contextvars.bind_contextvars(request_id=request_id)


@task_postrun.connect
def forget_request_id(task: Any = None, **_: object) -> None:
    """Take it away again: the thread goes on with another task."""
    structlog.contextvars.reset_contextvars(**(task.request.get("leadmesh_bound") or {}))


class EmbeddedBeat(bootsteps.StartStopStep):
    """Celery's beat as a thread of the worker: nothing is left behind when the worker is killed, and no single
    process must run somewhere. Every periodic task is safe to run in several workers at once."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **_: object) -> None:
        self.beat: Any = None

    def start(self, worker: Any) -> None:
        """Start the thread."""
        self.beat = EmbeddedService(worker.app, thread=True, scheduler_cls=Scheduler)
        self.beat.start()

    def stop(self, worker: object) -> None:
        """Stop the thread."""
        if self.beat is not None:
            self.beat.stop()
