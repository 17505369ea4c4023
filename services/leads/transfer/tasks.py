"""What the worker does for imports: those that run in the background, and those whose process is gone."""

from celery import shared_task

from core import runs
from core.documents.ids import object_id
from core.worker.jobs import enqueue, every
from services.leads.transfer.actions import retreat, step
from services.leads.transfer.models import IMPORTS

_RESUME = "services.leads.transfer.resume"
_SECONDS = 15.0


@shared_task(name="services.leads.transfer.go_on")
def go_on(run_id: str) -> None:
    """Work on an import until it is over."""
    runs.work_on(IMPORTS, object_id(run_id), step, retreat)


@shared_task(name=_RESUME)
def resume() -> None:
    """Go on with imports that nobody works on."""
    for run_id in runs.waiting(IMPORTS):
        enqueue(go_on, str(run_id))


every(_SECONDS, _RESUME)
