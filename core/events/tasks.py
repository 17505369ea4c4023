"""Celery tasks of event delivery: thin, idempotent, safe to run twice or at once."""

from celery import shared_task
from django.conf import settings

from core.events import inbox, outbox
from core.events.envelope import Envelope


@shared_task(name="events.dispatch")
def dispatch(service: str) -> None:
    """Send all due events of `service`."""
    outbox.dispatch(service)


@shared_task(name="events.receive")
def receive(service: str, envelopes: list[Envelope]) -> None:
    """Apply events in `service`."""
    inbox.receive(service, envelopes)


@shared_task(name="events.acknowledge")
def acknowledge(service: str, subscriber: str, ids: list[str]) -> None:
    """Note what `subscriber` has of `service`'s events."""
    outbox.acknowledge(service, subscriber, ids)


@shared_task(name="events.sweep")
def sweep() -> None:
    """Send what a crash or a lost broker left behind, for every service of this process."""
    for service in settings.SERVICES:
        outbox.dispatch(service)
