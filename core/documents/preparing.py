"""Who prepares a database: one process at a time, by a document with a lease. Several services may share the database.

The collection `preparations` of each database holds the lock (`lock`), how far data changes are (`leads:0001`), and which release
works on it (`release:leads`).
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import DuplicateKeyError, PyMongoError

from core.documents.database import Document

COLLECTION = "preparations"
# A holder renews its lease three times as often, so this long without a sign of life means that it died.
LEASE_SECONDS = 30.0
_POLL_SECONDS, _TELL_SECONDS = 0.5, 30.0
_LOCK = "lock"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Tell = Callable[[str], None]


class LockLost(Exception):
    """The lease passed without a sign of life from us, and another one has the lock."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as `who` sees it: a document of `preparations` (of another collection for other work). Times are the server's."""

    preparations: MongoCollection[Document]
    who: str
    seconds: float = LEASE_SECONDS
    name: str = _LOCK
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self) -> bool:
        """Take the lock if it is free, or its holder did not renew it for a whole lease; return whether we have it."""
        with suppress(DuplicateKeyError):
            self.preparations.insert_one({"_id": self.name, "until": _LONG_AGO})
        free = {"_id": self.name, "$expr": {"$lte": ["$until", "$$NOW"]}}
        mine = {"holder": {"$literal": self.who}, "token": self.token, "since": "$$NOW", "until": self._until()}
        taken = self.preparations.find_one_and_update(free, [{"$set": mine}], return_document=ReturnDocument.AFTER)
        return taken is not None

    def renew(self) -> None:
        """Hold it for another lease. Raises LockLost."""
        change = [{"$set": {"until": self._until()}}]
        if not self.preparations.update_one({"_id": self.name, "token": self.token}, change).matched_count:
            raise LockLost(
                f"{self.who} gave no sign of life for {self.seconds:.0f} s, and another one goes on; run it again"
            )

    def release(self) -> None:
        """Let the next one in."""
        self.preparations.update_one({"_id": self.name, "token": self.token}, {"$set": {"until": _LONG_AGO}})

    def holder(self) -> str:
        """Say who holds it and since when."""
        held = self.preparations.find_one({"_id": self.name}) or {}
        return f"{held.get('holder', 'another process')} since {held.get('since', _LONG_AGO):%H:%M:%S} UTC"

    def _until(self) -> Document:
        milliseconds = int(self.seconds * 1000)
        return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}


@contextmanager
def holding(lock: Lock, tell: Tell) -> Iterator[None]:
    """Wait for `lock`, telling who holds it, and keep it until the block ends, however long that takes."""
    _wait(lock, tell)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(lock, over), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        lock.release()


def _wait(lock: Lock, tell: Tell) -> None:
    told, told_at = "", 0.0
    while not lock.take():
        holder = lock.holder()
        if holder != told or time.monotonic() - told_at > _TELL_SECONDS:
            tell(f"Waiting: {lock.preparations.database.name} is being prepared by {holder}")
            told, told_at = holder, time.monotonic()
        time.sleep(_POLL_SECONDS)


def _renew(lock: Lock, over: threading.Event) -> None:
    while not over.wait(lock.seconds / 3):
        # The database away for a moment: try again. The lock lost: the work notices by itself at its next step.
        with suppress(PyMongoError, LockLost):
            lock.renew()


def running_release(preparations: MongoCollection[Document], service: str, release: str) -> str | None:
    """Return the release that works on the data of `service` while `release` prepares it, or None when that is unknown."""
    noted: Any = preparations.find_one({"_id": _release_id(service)}) or {}
    return noted.get("before") if noted.get("release") == release else noted.get("release")


def note_release(preparations: MongoCollection[Document], service: str, release: str, running: str | None) -> None:
    """Note that `release` has prepared the data of `service`, on which `running` worked until then."""
    change = {"$set": {"release": release, "before": running}}
    preparations.update_one({"_id": _release_id(service)}, change, upsert=True)


def _release_id(service: str) -> str:
    return f"release:{service}"
