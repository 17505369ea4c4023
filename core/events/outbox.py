"""The publisher's side: record in the use case's transaction, dispatch in batches, done when acknowledged."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from prometheus_client import Counter, Gauge
from pymongo.collection import Collection

from core.documents.collection import now
from core.documents.database import Document
from core.documents.driver import database
from core.documents.transactions import current_session, on_commit
from core.events.catalogue import EVENTS
from core.events.envelope import Envelope, sealed
from core.events.models import OUTBOX
from core.events.nudge import nudge
from core.events.payloads import Payload
from core.events.transport import send

log = structlog.get_logger(__name__)

# Messages of this many events stay well below a megabyte and are applied within a second or two.
BATCH = 100
# A subscriber that is alive acknowledges within a second or two; then wait longer and longer for one that is not.
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 10, 300
_ENVELOPE = (
    "name",
    "version",
    "publisher",
    "tenantId",
    "entityId",
    "entityVersion",
    "occurredAt",
    "requestId",
    "traceparent",
    "payload",
)

_PENDING = Gauge("leadmesh_outbox_pending", "Events not yet acknowledged by every subscriber", ["service"])
_DISPATCHED = Counter("leadmesh_outbox_dispatched_total", "Events handed to the broker", ["service", "subscriber"])


class Fact(NamedTuple):
    """What an event tells, and of which entity. version: of a `State`, the document's revision, by which subscribers tell newer
    from older; None of what happened once."""

    payload: Payload
    entity_id: str
    tenant_id: str | None
    version: int | None = None


def record(
    name: str, payload: Payload, *, entity_id: str, tenant_id: str | None = None, version: int | None = None
) -> None:
    """Record an event (see `Fact`) in the running transaction of its owner; it is dispatched after the commit.

    Raises RuntimeError outside of a transaction of the owner: an event without its fact must be impossible. Raises TypeError
    for the payload of another event, and for a state without version or another payload with one.
    """
    record_all(name, [Fact(payload, entity_id, tenant_id, version)])


def record_all(name: str, facts: Sequence[Fact]) -> None:
    """Record an event of the same name for each of `facts` in one statement; see `record`."""
    event = EVENTS[name]
    session = current_session(event.owner)
    if session is None:
        raise RuntimeError(f"{name} must be recorded inside a transaction of {event.owner}")
    if not facts:
        return
    moment = now()
    waiting = {"attempts": 0, "nextAttemptAt": moment, "createdAt": moment}
    stored = []
    for fact in facts:
        envelope = sealed(name, fact.payload, entity_id=fact.entity_id, version=fact.version, tenant_id=fact.tenant_id)
        stored.append({"_id": envelope.pop("id"), **envelope, "pending": list(event.subscribers), **waiting})
    _outbox(event.owner).insert_many(stored, session=session)
    on_commit(lambda: nudge(event.owner))


def dispatch(service: str) -> int:
    """Send all due events of `service` to their subscribers and return how many were sent.

    Safe beside other dispatchers: events are claimed first. What cannot be sent stays due later.
    """
    total = 0
    while batch := _claim(service):
        _send(batch)
        total += len(batch)
    _PENDING.labels(service).set(
        _outbox(service).count_documents({"publisher": service, "deliveredAt": None}, limit=100_000)
    )
    return total


def acknowledge(service: str, subscriber: str, ids: list[str]) -> None:
    """Note that `subscriber` has the events `ids` of `service`; an event that no subscriber waits for any more is done."""
    left = {"$setDifference": ["$pending", [subscriber]]}
    settled = {"$eq": ["$pending", []]}
    # One statement: a worker killed between two would leave an event that no subscriber waits for and that is never done.
    change: list[Document] = [
        {"$set": {"pending": left}},
        {
            "$set": {
                "deliveredAt": {"$cond": [settled, {"$ifNull": ["$deliveredAt", now()]}, "$$REMOVE"]},
                "nextAttemptAt": {"$cond": [settled, "$$REMOVE", "$nextAttemptAt"]},
            }
        },
    ]
    _outbox(service).update_many({"_id": {"$in": ids}}, change)


def is_behind(service: str, since: datetime) -> bool:
    """Whether some subscriber does not have an event of `service` that was recorded before `since`."""
    late = {"publisher": service, "deliveredAt": None, "createdAt": {"$lt": since}}
    return _outbox(service).find_one(late, {"_id": 1}) is not None


def _claim(service: str) -> list[Document]:
    moment = now()
    due = {"publisher": service, "nextAttemptAt": {"$lte": moment}}
    outbox = _outbox(service)
    found = outbox.find(due, {"attempts": 1}).sort("nextAttemptAt", 1).limit(2 * BATCH)
    by_attempts: dict[int, list[str]] = defaultdict(list)
    for event in found:
        by_attempts[event["attempts"]].append(event["_id"])
    token = uuid.uuid4().hex
    for attempts, ids in by_attempts.items():
        change = {"$set": {"claim": token, "nextAttemptAt": _retry_at(moment, attempts)}, "$inc": {"attempts": 1}}
        outbox.update_many({"_id": {"$in": ids}, **due}, change)
    return list(outbox.find({"claim": token}).sort("createdAt", 1)) if by_attempts else []


def _retry_at(moment: datetime, attempts: int) -> datetime:
    return moment + timedelta(seconds=min(_FIRST_RETRY_SECONDS * 2**attempts, _LAST_RETRY_SECONDS))


def _send(batch: list[Document]) -> None:
    waiting: dict[str, list[Envelope]] = defaultdict(list)
    for event in batch:
        for subscriber in event["pending"]:
            waiting[subscriber].append({"id": event["_id"], **{name: event[name] for name in _ENVELOPE}})
    for subscriber, envelopes in waiting.items():
        for start in range(0, len(envelopes), BATCH):
            part = envelopes[start : start + BATCH]
            send("events.receive", f"{subscriber}.events", [subscriber, part])
            _DISPATCHED.labels(part[0]["publisher"], subscriber).inc(len(part))


def _outbox(service: str) -> Collection[dict[str, Any]]:
    return database(service)[OUTBOX.name]
