"""Copies rebuilt from their owners' exports, and compared with them.

A pass goes through every export that a service keeps copies of, and hands each entity to the handlers of its event. Handlers
ignore what they have already, so a pass changes only what is missing or stale, and events may arrive meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from prometheus_client import Gauge

from core.clients.http import ServiceClient, ServiceUnavailable
from core.documents.collection import now
from core.documents.copies import MISSING, STALE, Comparison, comparing
from core.documents.database import Document
from core.documents.driver import database
from core.documents.transactions import in_transaction
from core.events.catalogue import EVENTS, EXPORTS, Export
from core.events.envelope import Event
from core.events.handlers import handlers_of

log = structlog.get_logger(__name__)

_PAGE = 500
# As in the inbox: a commit costs more than an entity, a long transaction conflicts more.
_TOGETHER = 25
# A copy that its owner does not have may be news that the export was too early for.
_NEWS = timedelta(hours=1)

_DRIFT = Gauge("leadmesh_copies_drift", "Copies that differed at the last comparison", ["service", "export", "kind"])

Progress = Callable[[str, int], None]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """How one export compared with the copies of a service."""

    export: str
    missing: int
    stale: int
    current: int
    extra: int

    @property
    def drift(self) -> int:
        """How many copies are, or were before healing, not as their owner says."""
        return self.missing + self.stale + self.extra


def rebuild(
    service: str, *, check: bool = False, prune: bool = False, progress: Progress = lambda name, count: None
) -> list[Report]:
    """Bring all copies of `service` up to date, or with `check` only compare them. `progress` is called for every page.

    prune: also remove copies of entities that their owner does not have. Not the default: an owner that lost its data, or was
    started on an empty database by mistake, must not make other services delete their copies.
    Raises ServiceUnavailable when an owner does not answer; copies repaired until then stay, and the pass can be repeated.
    """
    return [
        _pass(service, export, heals=not check, prunes=prune and not check, progress=progress)
        for export in EXPORTS
        if service in export.subscribers
    ]


def _pass(service: str, export: Export, *, heals: bool, prunes: bool, progress: Progress) -> Report:
    started, comparison, done, extra = now(), Comparison(heals), 0, 0
    for items, after, end in _pages(export):
        for start in range(0, len(items), _TOGETHER):
            _apply(service, export, items[start : start + _TOGETHER], comparison)
        known = [item["entityId"] for item in items]
        old: Document = {"_id": _between(after, end, known), "projectedAt": {"$lt": started - _NEWS}}
        extra += _extra(service, comparison.collections, old, prunes=prunes)
        done += len(items)
        progress(export.name, done)
    report = Report(export.name, extra=extra, **{kind: comparison.counts[kind] for kind in (MISSING, STALE, "current")})
    for kind in (MISSING, STALE, "extra"):
        _DRIFT.labels(service, export.name, kind).set(getattr(report, kind))
    return report


def _pages(export: Export) -> Iterator[tuple[list[Item], str, str | None]]:
    """Yield each page with the id before its first and that of its last entity (None: there are no more)."""
    client, after = ServiceClient(export.owner), ""
    while True:
        query: dict[str, Any] = {"limit": _PAGE} | ({"after": after} if after else {})
        answer = client.get(f"/internal/{export.owner}/export/{export.name}", query)
        if answer.status_code != 200:
            raise ServiceUnavailable(f"{export.owner} answers {answer.status_code} for its {export.name}")
        page = answer.json()
        yield page["items"], after, page["next"]
        after = page["next"]
        if after is None:
            return


def _apply(service: str, export: Export, items: list[Item], comparison: Comparison) -> None:
    """Hand the entities to the handlers in one transaction, which is undone when nothing is to be healed."""
    events = [_event(export, item) for item in items]

    def work() -> Comparison:
        # It may run several times: only the last run counts.
        with comparing(Comparison(comparison.heals)) as counted:
            for event in events:
                for handler in handlers_of(service, event.name):
                    handler(event)
        if not comparison.heals:
            raise _Compared(counted)
        return counted

    try:
        counted = in_transaction(service, work)
    except _Compared as outcome:
        counted = outcome.comparison
    comparison.counts += counted.counts
    comparison.collections |= counted.collections


class _Compared(Exception):
    """Undoes the transaction of a comparison: handlers may write more than copies."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self.comparison = comparison


def _event(export: Export, item: Item) -> Event:
    return Event(
        id=f"export:{item['entityId']}",
        name=export.event,
        tenant_id=item["tenantId"],
        entity_id=item["entityId"],
        version=item["version"],
        occurred_at=now(),
        payload=msgspec.convert(item["payload"], EVENTS[export.event].payload),
    )


def _between(after: str, end: str | None, known: list[str]) -> Document:
    return {"$gt": after, "$nin": known} | ({"$lte": end} if end else {})


def _extra(service: str, collections: set[str], old: Mapping[str, object], *, prunes: bool) -> int:
    """Count, or remove, the old copies whose owner has no such entity any more."""
    copies = [database(service)[name] for name in collections]
    if prunes:
        return sum(copy.delete_many(old).deleted_count for copy in copies)
    return sum(copy.count_documents(old) for copy in copies)
