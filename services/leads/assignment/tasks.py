"""Event handlers of assignment for leads, and periodic tasks."""

from celery import shared_task

from core.events.envelope import Event
from core.events.handlers import handles
from core.worker.jobs import every
from services.leads.assignment import outcomes

_NAME = "services.leads.assignment.return_expired"
_SECONDS = 15.0


@shared_task(name=_NAME)
def return_expired() -> None:
    """Put leads back into the queue whose lease is over."""
    outcomes.return_expired()


every(_SECONDS, _NAME)


@handles("lead.status_changed", "lead.assigned", "lead.deleted", service="leads")
def lead_changed(event: Event) -> None:
    """End assignments whose lead is deleted, closed or another agent's: they would count as their agent's work."""
    if event.tenant_id is not None:
        outcomes.follow_lead(event.scope, event.entity_id)
