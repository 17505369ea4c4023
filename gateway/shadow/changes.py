"""The changes of the last seconds as MongoDB tells them: each document before and after."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import PyMongoError

log = logging.getLogger("gateway.shadow")

_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
# What may be asked about: exchanges are complete some five seconds after their answer.
_KEPT_SECONDS = 30.0
_MOST_BYTES = 64 * 1024 * 1024
_WAIT_MILLISECONDS = 100
_KINDS = ["insert", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a document. kind: insert, update, replace, delete; at: by the server's clock; touched: members of an update."""

    collection: str
    key: Any
    kind: str
    at: datetime
    touched: frozenset[str]
    raw: Mapping[str, Any]

    @property
    def before(self) -> dict[str, Any] | None:
        """The document before it; None when there was none, or MongoDB kept no image."""
        return _decoded(self.raw.get("fullDocumentBeforeChange"))

    @property
    def after(self) -> dict[str, Any] | None:
        """The document after it; None when there is none, or MongoDB kept no image."""
        return _decoded(self.raw.get("fullDocument"))


class Changes:
    """Follows the changes of some collections of one database and keeps them for half a minute."""

    def __init__(self, database: Database[Any], collections: Iterable[str], most_bytes: int = _MOST_BYTES) -> None:
        self._database, self._collections = database.with_options(codec_options=_RAW), sorted(collections)
        self._most_bytes = most_bytes
        self._kept: deque[tuple[Change, int]] = deque()
        self._bytes = 0
        self._news = threading.Condition()
        self._since = self._until = datetime.max.replace(tzinfo=UTC)

    def run(self, stopping: threading.Event) -> None:
        """Follow until `stopping` is set; begin again, with a gap, when MongoDB was away."""
        while not stopping.is_set():
            try:
                self._follow(stopping)
            except PyMongoError as error:
                log.warning("the changes cannot be followed: %s", type(error).__name__)
                stopping.wait(1.0)

    def complete(self, start: datetime, end: datetime, seconds: float) -> bool:
        """Wait for `seconds` at most, and return whether all changes from `start` to `end` are known."""
        deadline = time.monotonic() + seconds
        with self._news:
            while self._until < end and time.monotonic() < deadline:
                self._news.wait(0.1)
            return self._since <= start and self._until >= end

    def between(self, start: datetime, end: datetime) -> list[Change]:
        """Return the changes from `start` to `end`, as the server's clock has them, in their order."""
        with self._news:
            return [change for change, _ in self._kept if start <= change.at <= end]

    def _follow(self, stopping: threading.Event) -> None:
        pipeline = [{"$match": {"ns.coll": {"$in": self._collections}, "operationType": {"$in": _KINDS}}}]
        stream = self._database.watch(
            pipeline,
            full_document="whenAvailable",
            full_document_before_change="whenAvailable",
            max_await_time_ms=_WAIT_MILLISECONDS,
        )
        with stream:
            with self._news:
                self._since = self._until = datetime.now(UTC)
            while not stopping.is_set():
                asked = datetime.now(UTC)
                event = stream.try_next()
                self._take(event, asked)

    def _take(self, event: Any, asked: datetime) -> None:
        with self._news:
            if event is None:
                # Nothing waits: what happened before the question has been told.
                self._until = asked
            else:
                change = _read(event)
                self._kept.append((change, len(event.raw)))
                self._bytes += len(event.raw)
            self._forget(asked)
            self._news.notify_all()

    def _forget(self, moment: datetime) -> None:
        while self._kept:
            change, size = self._kept[0]
            if self._bytes <= self._most_bytes and (moment - change.at).total_seconds() < _KEPT_SECONDS:
                return
            self._kept.popleft()
            self._bytes -= size
            self._since = max(self._since, change.at)


def _read(event: Any) -> Change:
    described = event.get("updateDescription") or {}
    names = [*(described.get("updatedFields") or ()), *(described.get("removedFields") or ())]
    names += [one["field"] for one in described.get("truncatedArrays") or ()]
    touched = frozenset(name.partition(".")[0] for name in names)
    return Change(
        event["ns"]["coll"], event["documentKey"]["_id"], event["operationType"], event["wallTime"], touched, event
    )


def _decoded(document: Any) -> dict[str, Any] | None:
    return bson.decode(document.raw, _CODEC) if document is not None else None
