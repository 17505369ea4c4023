"""The subscriber's side: each event applied once, in a transaction with its inbox record, then acknowledged."""

from typing import Any

import structlog
from prometheus_client import Counter
from pymongo.collection import Collection
from pymongo.errors import PyMongoError, ServerSelectionTimeoutError

from core.documents.collection import now
from core.documents.database import Document
from core.documents.driver import database
from core.documents.transactions import TRANSACTION_SECONDS, current_session, in_transaction, is_passing
from core.events.envelope import Envelope, Event, opened
from core.events.handlers import handlers_of
from core.events.models import INBOX
from core.events.transport import send
from core.observability.context import bind
from core.observability.tracing import continued

log = structlog.get_logger(__name__)

# Deterministic faults fail every time, transient ones rarely five times over the outbox's backoff (150 s).
PARK_AFTER = 5
# One transaction for this many events: a commit costs more than an event, a long transaction conflicts more.
_TOGETHER = 25
# Longer waiting for a lock would only keep a worker's thread from the next batch.
_SECONDS = 5.0

_APPLIED = Counter("leadmesh_inbox_applied_total", "Events applied", ["service", "event"])
_FAILED = Counter("leadmesh_inbox_failed_total", "Events whose handler raised", ["service", "event"])
_PARKED = Counter(
    "leadmesh_inbox_parked_total", "Events given up on until an operator replays them", ["service", "event"]
)


def receive(service: str, envelopes: list[Envelope]) -> None:
    """Apply `envelopes` in `service` and acknowledge those that are settled: applied, seen before, or parked."""
    settled = []
    for start in range(0, len(envelopes), _TOGETHER):
        settled += _apply_together(service, envelopes[start : start + _TOGETHER])
    by_publisher: dict[str, list[str]] = {}
    for envelope in settled:
        by_publisher.setdefault(envelope["publisher"], []).append(envelope["id"])
    for publisher, ids in by_publisher.items():
        send("events.acknowledge", f"{publisher}.outbox", [publisher, service, ids])


def _apply_together(service: str, envelopes: list[Envelope]) -> list[Envelope]:
    """Apply all in one transaction; when a handler fails, one by one, so that a bad one does not hold up the others.
    Return the settled ones: none when the database is to blame; the publisher sends them again."""
    seconds = _SECONDS if len(envelopes) > 1 else TRANSACTION_SECONDS
    try:
        in_transaction(service, lambda: _apply_all(service, envelopes), seconds=seconds)
    except Exception as error:  # noqa: BLE001 - whatever it is, the events below tell which one it was
        if _took_too_long(error) and len(envelopes) > 1:
            return _apply_by_halves(service, envelopes)
        if is_passing(error):
            log.warning("events_postponed", count=len(envelopes), error=type(error).__name__)
            return []
        return [envelope for envelope in envelopes if _settle(service, envelope)]
    return envelopes


def _apply_by_halves(service: str, envelopes: list[Envelope]) -> list[Envelope]:
    """Together they take too long (each lead among very many buyers): sent again like that, they would never be applied."""
    middle = len(envelopes) // 2
    settled = _apply_together(service, envelopes[:middle])
    # None of them: perhaps somebody holds a lock, for which the rest would wait as well.
    return settled + _apply_together(service, envelopes[middle:]) if settled else []


def _took_too_long(error: Exception) -> bool:
    return isinstance(error, PyMongoError) and error.timeout and not isinstance(error, ServerSelectionTimeoutError)


def _apply_all(service: str, envelopes: list[Envelope]) -> None:
    inbox, session = _inbox(service), current_session(service)
    ids = [_inbox_id(service, envelope) for envelope in envelopes]
    seen = {entry["_id"]: entry for entry in inbox.find({"_id": {"$in": ids}}, {"state": 1}, session=session)}
    for envelope, inbox_id in zip(envelopes, ids, strict=True):
        if seen.get(inbox_id, {}).get("state") in ("applied", "parked"):
            continue
        event = opened(envelope)
        told = bind(request_id=envelope["requestId"], event_name=event.name, event_id=event.id)
        with continued(envelope["traceparent"], f"apply {event.name}"), told:
            _run_handlers(service, event)
        entry = {"state": "applied", "name": event.name, "subscriber": service, "appliedAt": now()}
        unset = {"envelope": "", "error": ""}
        inbox.update_one({"_id": inbox_id}, {"$set": entry, "$unset": unset}, upsert=True, session=session)
        seen[inbox_id] = entry
        _APPLIED.labels(service, event.name).inc()


def _run_handlers(service: str, event: Event) -> None:
    for handler in handlers_of(service, event.name):
        handler(event)


def _settle(service: str, envelope: Envelope) -> bool:
    """Apply one event; return whether the publisher need not send it again."""
    try:
        in_transaction(service, lambda: _apply_all(service, [envelope]), seconds=_SECONDS)
    except Exception as error:  # noqa: BLE001 - any fault of a handler parks its event in the end
        return False if is_passing(error) else _note_failure(service, envelope, error)
    return True


def _note_failure(service: str, envelope: Envelope, error: Exception) -> bool:
    name = envelope.get("name", "?")
    _FAILED.labels(service, name).inc()
    log.warning("event_failed", event_name=name, event_id=envelope.get("id"), exc_info=error)
    inbox, inbox_id = _inbox(service), _inbox_id(service, envelope)
    entry = {"state": "failed", "name": name, "subscriber": service, "error": type(error).__name__, "failedAt": now()}
    change = {"$set": {**entry, "envelope": envelope}, "$inc": {"attempts": 1}}
    stored: Any = inbox.find_one_and_update({"_id": inbox_id}, change, upsert=True, return_document=True)
    if stored["attempts"] < PARK_AFTER:
        return False
    inbox.update_one({"_id": inbox_id}, {"$set": {"state": "parked"}})
    _PARKED.labels(service, name).inc()
    log.error("event_parked", event_name=name, event_id=envelope.get("id"))
    return True


def parked(service: str, limit: int = 100) -> list[Document]:
    """Return the events that `service` gave up on, newest first."""
    query = {"subscriber": service, "state": "parked"}
    return list(_inbox(service).find(query).sort("failedAt", -1).limit(limit))


def replay(service: str, inbox_id: str) -> bool:
    """Try a parked event again, now. Return whether it was applied; otherwise it stays parked."""
    entry = _inbox(service).find_one_and_update(
        {"_id": inbox_id, "subscriber": service, "state": "parked"}, {"$set": {"state": "failed"}}
    )
    if entry is None:
        return False
    _settle(service, entry["envelope"])
    outcome = _inbox(service).find_one({"_id": inbox_id}, {"state": 1})
    return bool(outcome and outcome["state"] == "applied")


def _inbox_id(service: str, envelope: Envelope) -> str:
    return f"{service}:{envelope['id']}"


def _inbox(service: str) -> Collection[Document]:
    return database(service)[INBOX.name]
