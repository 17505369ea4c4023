"""What the worker does for the queue by itself."""

from celery import shared_task

from core.worker.jobs import every
from services.leads.queueing import actions

_NAME = "services.leads.queueing.adopt_items"
_SECONDS = 30.0


@shared_task(name=_NAME)
def adopt_items() -> None:
    """Let items that the old system put in be seen by their tenant."""
    actions.adopt()


every(_SECONDS, _NAME)
