"""What the worker does for roles by itself."""

from celery import shared_task

from core.events.jobs import every
from services.users.roles import granting

_NAME = "services.users.roles.refresh_permissions"


@shared_task(name=_NAME)
def refresh_permissions() -> None:
    """End expired assignments and let changed roles reach the rest of their holders."""
    granting.refresh_due()


every(granting.SWEEP_SECONDS, _NAME)
