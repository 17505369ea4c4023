"""Celery tasks of event delivery: thin, idempotent, safe to run twice or at once."""

import structlog
from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from core.clients.http import ServiceUnavailable
from core.events import inbox, outbox
from core.events.envelope import Envelope
from core.events.rebuilding import rebuild
from core.identity import keys
from core.worker.jobs import every

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
# Events keep copies right by themselves; this is the net below them.
RECONCILE_SECONDS = 6 * 3600.0
KEYS_SECONDS = 20.0


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


@shared_task(name="events.keep_keys")
def keep_keys() -> None:
    """Keep this process's copy of auth's public keys."""
    keys.keep_copy()


@shared_task(name="events.reconcile")
def reconcile() -> None:
    """Compare the copies of every service of this process with their owners, and heal what differs. One worker of
    several does it; an owner that is away is left for the next time."""
    for service in settings.SERVICES:
        if not cache.add(f"reconciled:{service}", 1, RECONCILE_SECONDS / 2):
            continue
        try:
            reports = rebuild(service)
        except ServiceUnavailable as error:
            log.warning("reconcile_postponed", service=service, owner=str(error))
            continue
        for report in reports:
            if report.drift:
                log.warning("copies_healed", service=service, export=report.export, count=report.drift)


every(SWEEP_SECONDS, "events.sweep")
every(RECONCILE_SECONDS, "events.reconcile")
every(KEYS_SECONDS, "events.keep_keys")
