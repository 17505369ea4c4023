"""A request tried in a transaction that is always aborted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TypeVar

import pymongo
from django.conf import settings
from django.http import HttpResponseBase
from pymongo.errors import DuplicateKeyError, PyMongoError

from core.documents.driver import client, database, through
from core.documents.transactions import Transaction, running
from core.dryrun.watching import Notes, Stored, WatchedDatabase
from core.effects import forbidden, outside

T = TypeVar("T")

# Aborting has a time of its own: it must be sent even when the other one is over.
_ABORT_SECONDS = 1.0
_BUSY = "the database was busy"
_one = threading.Lock()


class Unjudged(Exception):
    """It cannot be found out; the text is a few words that are counted."""


@dataclass(frozen=True, slots=True)
class Before:
    """A document as it was before the old system's write; None: the old system created it."""

    collection: str
    key: object
    document: Stored | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request would store and tell. answer: what the handler returned; stored: collection, id and document, None where it
    would be deleted; seconds: how long locks were held."""

    answer: HttpResponseBase
    stored: list[tuple[str, object, Stored | None]]
    events: list[Stored]
    seconds: float


@dataclass
class Trial(Transaction):
    """The transaction of a dry run. What use cases begin in it joins it, and is rolled back as it would be alone."""

    befores: tuple[Before, ...] = ()
    notes: Notes = field(init=False)
    inside: bool = False

    def __post_init__(self) -> None:
        self.notes = Notes(self.session)

    def join(self, work: Callable[[], T]) -> T:
        """Do the work of a use case's transaction. When it fails, everything is as before it. Raises what `work` raises."""
        if self.inside:
            return work()
        alone, self.inside = self.notes.is_empty, True
        try:
            return work()
        except PyMongoError as error:
            if isinstance(error, DuplicateKeyError):
                self._roll_back(alone)
            raise
        except Exception:
            self._roll_back(alone)
            raise
        finally:
            self.inside = False

    def begin(self) -> None:
        """Begin, with the documents as they were before."""
        self.session.start_transaction()
        for before in self.befores:
            collection, key = database(self.service)[before.collection], {"_id": before.key}
            if before.document is None:
                collection.delete_one(key, session=self.session)
            else:
                collection.replace_one(key, before.document, upsert=True, session=self.session)

    def _roll_back(self, alone: bool) -> None:
        if not alone:
            outside("second transaction after the first")
        self.session.abort_transaction()
        self.notes.forget()
        with through(_unwatched):
            self.begin()


def _unwatched(database: T) -> T:
    return database


def tried(service: str, befores: tuple[Before, ...], work: Callable[[], HttpResponseBase]) -> Outcome:
    """Return what `work`, which answers a request, would store in the database of `service` and tell others; nothing of it
    stays, and no document is locked for longer than DRY_RUN_MILLISECONDS. Raises Unjudged on any doubt."""
    if not _one.acquire(blocking=False):
        raise Unjudged("another one is running")
    try:
        with client(service).start_session() as session, forbidden() as refused:
            trial = Trial(service, session, befores=befores)
            with _ended(trial):
                return _tried(trial, work, refused)
    except PyMongoError as error:
        raise Unjudged(_BUSY) from error
    finally:
        _one.release()


def _tried(trial: Trial, work: Callable[[], HttpResponseBase], refused: list[str]) -> Outcome:
    started = time.monotonic()
    with pymongo.timeout(settings.DRY_RUN_MILLISECONDS / 1000):
        trial.begin()
        with running(trial), through(partial(WatchedDatabase, notes=trial.notes)):
            answer = work()
        if refused:
            raise Unjudged(f"effects outside: {refused[0]}")
        if trial.notes.failed is not None or answer.status_code == 503:
            raise Unjudged(_BUSY)
        stored = list(_stored(trial))
    return Outcome(answer, stored, trial.notes.events, time.monotonic() - started)


def _stored(trial: Trial) -> Iterator[tuple[str, object, Stored | None]]:
    """The documents that are not as they were."""
    for name, touched in groupby(sorted(trial.notes.before, key=lambda one: one[0]), key=lambda one: one[0]):
        ids = [key for _, key in touched]
        found = database(trial.service)[name].find({"_id": {"$in": ids}}, session=trial.session)
        after = {document["_id"]: document for document in found}
        yield from ((name, key, after.get(key)) for key in ids if after.get(key) != trial.notes.before[name, key])


@contextmanager
def _ended(trial: Trial) -> Iterator[None]:
    """Abort after the block, and while it still runs once its time is over, wherever it hangs."""
    deciding, over = threading.Lock(), threading.Event()
    kill = {"killSessions": [trial.session.session_id]}
    admin = client(trial.service).admin

    def end() -> None:
        # Never a session that went back to the pool: another request may have it.
        with deciding, suppress(PyMongoError), pymongo.timeout(_ABORT_SECONDS):
            if not over.is_set():
                admin.command(kill)

    watchdog = threading.Timer(settings.DRY_RUN_MILLISECONDS / 1000, end)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        with deciding:
            over.set()
        if trial.session.in_transaction:
            with pymongo.timeout(_ABORT_SECONDS):
                trial.session.abort_transaction()
