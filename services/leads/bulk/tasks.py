"""What the worker does for bulk operations: it ends what a request began and could not finish."""

from celery import shared_task

from core import runs
from core.documents.ids import object_id
from core.worker.jobs import enqueue, every
from services.leads.bulk.actions import step
from services.leads.bulk.models import OPERATIONS

_RESUME = "services.leads.bulk.resume"
_SECONDS = 15.0


@shared_task(name="services.leads.bulk.go_on")
def go_on(run_id: str) -> None:
    """Work on an operation until it is over."""
    runs.work_on(OPERATIONS, object_id(run_id), step)


@shared_task(name=_RESUME)
def resume() -> None:
    """Go on with operations whose process is gone."""
    for run_id in runs.waiting(OPERATIONS):
        enqueue(go_on, str(run_id))


every(_SECONDS, _RESUME)
