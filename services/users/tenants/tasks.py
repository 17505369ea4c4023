"""What the worker does for tenants by itself."""

from celery import shared_task

from core.events.jobs import every
from services.users.tenants import leaving

_NAME = "services.users.tenants.free_people"


@shared_task(name=_NAME)
def free_people() -> None:
    """Free the people of deleted tenants."""
    leaving.free_people()


every(leaving.SWEEP_SECONDS, _NAME)
