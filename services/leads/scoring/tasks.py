"""What the worker does for scoring."""

from celery import shared_task

from core import runs
from core.documents.ids import object_id
from core.worker.jobs import enqueue, every
from services.leads.scoring.actions import recalculate_some
from services.leads.scoring.models import RUNS

_RESUME = "services.leads.scoring.resume"
_SECONDS = 15.0


@shared_task(name="services.leads.scoring.recalculate")
def recalculate(run_id: str) -> None:
    """Go on with a recalculation until it is over."""
    runs.work_on(RUNS, object_id(run_id), recalculate_some)


@shared_task(name=_RESUME)
def resume() -> None:
    """Go on with recalculations whose worker is gone, or whose start the broker lost."""
    for run_id in runs.waiting(RUNS):
        enqueue(recalculate, str(run_id))


every(_SECONDS, _RESUME)
