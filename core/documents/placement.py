"""Where a service's collections are: in the database of its settings, its home, or in another one of the same deployment,
into which `manage.py data_split` moved them.

A document of the home's collection `placements` says so. Every process asks it every two seconds, more often while a move comes
to its end, and before everything while one does. In that moment, shorter than a second, whoever wants the data waits. The old
place is fenced by MongoDB itself (`core.documents.moving`), so a process that overslept all of this cannot write there; it looks
again and does its work in the new place.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

T = TypeVar("T")

COLLECTION = "placements"
STEADY, CLOSING, PAUSED = "steady", "closing", "paused"
# How long what was read of a placement is good: seconds, by its state.
GOOD_FOR = {STEADY: 2.0, CLOSING: 0.05, PAUSED: 0.0}
# Less than the gateway waits for an answer.
_WAIT_SECONDS, _POLL_SECONDS = 10.0, 0.01
# A write to a view; a document that a collection's validator refuses: both are what a fence says.
_FENCES = {166, 121}

_PLAIN: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


class Moving(ConnectionFailure):
    """The service's data is being moved, and that takes longer than a caller waits: try again."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a service's collections are, and whether that is about to change. until: when to ask again (monotonic clock)."""

    database: str
    state: str
    until: float


_known: dict[tuple[str, str], Placement] = {}
_pinned: ContextVar[dict[str, str] | None] = ContextVar("leadmesh_placement", default=None)


def name_of(service: str, home: Database[dict[str, object]]) -> str:
    """Return the name of the database in which the collections of `service` are; during a move, once it is over.

    Inside of `pinned` it stays the same. Raises Moving after ten seconds."""
    held = (_pinned.get() or {}).get(service)
    if held:
        return held
    deadline = time.monotonic() + _WAIT_SECONDS
    while (placement := _current(service, home)).state == PAUSED:
        if time.monotonic() > deadline:
            raise Moving(f"the data of {service} is being moved")
        time.sleep(_POLL_SECONDS)
    return placement.database


@contextmanager
def pinned(service: str, name: str) -> Iterator[None]:
    """Let a transaction have all its statements in one database: a move in the middle of it makes it fail, not half of it."""
    token = _pinned.set({**(_pinned.get() or {}), service: name})
    try:
        yield
    finally:
        _pinned.reset(token)


def followed(service: str, place: Callable[[], str], work: Callable[[], T]) -> T:
    """Return what `work` returns; it is done again when its database turns out to be fenced. place: says where the data is.

    Raises Moving when the data is fenced, and nowhere else."""
    while True:
        before = place()
        try:
            return work()
        except OperationFailure as error:
            if not is_fenced(error):
                raise
            forget(service)
            if place() == before:
                raise Moving(f"the data of {service} cannot be written") from error


def is_fenced(error: Exception) -> bool:
    """Whether `error` is what MongoDB answers to a write in a place that the data left."""
    if not isinstance(error, OperationFailure):
        return False
    faults = (error.details or {}).get("writeErrors") or [{"code": error.code}]
    return any(fault.get("code") in _FENCES for fault in faults)


def forget(service: str) -> None:
    """Ask again before the next statement."""
    for key in [key for key in _known if key[0] == service]:
        _known.pop(key, None)


def _current(service: str, home: Database[dict[str, object]]) -> Placement:
    key = (service, home.name)
    known = _known.get(key)
    if known is None or time.monotonic() >= known.until:
        known = _known[key] = _read(service, home, known)
    return known


def _read(service: str, home: Database[dict[str, object]], known: Placement | None) -> Placement:
    try:
        found = home.get_collection(COLLECTION, codec_options=_PLAIN).find_one(
            {"_id": service}, {"database": 1, "state": 1}
        )
    except PyMongoError:
        # The statement itself tells that MongoDB is away.
        name, state = (known.database, known.state) if known else (home.name, STEADY)
    else:
        name, state = (str(found["database"]), str(found["state"])) if found else (home.name, STEADY)
    return Placement(name, state, time.monotonic() + GOOD_FOR[state])
