"""Data migrations: numbered changes of a service's documents, each done once, in batches that survive the process.

A service lists its own in `services/<s>/changes.py`:

    CHANGES = (Change(1, "leads get a city key", LEADS, {"cityKey": None}, set_city_keys),)

Releases before still write beside and after a change: code that reads must know both forms until they are gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from pymongo import ASCENDING, ReturnDocument
from pymongo.collection import Collection as MongoCollection

from core.documents.collection import Declared, Filter, now
from core.documents.database import Document
from core.documents.driver import database, raw
from core.documents.preparing import COLLECTION, Lock, LockLost, Tell
from core.documents.transactions import current_session, in_transaction

AFTER = ReturnDocument.AFTER
# Longer than the server keeps the locks of a process that was killed in the middle of a batch (a minute).
_BATCH_SECONDS = 120
_ALL: Filter = {}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the documents of `collection` that match `query` (of all tenants, in the order of their ids).

    apply: gets up to `batch` documents and changes them, through actions where other services must learn of it. It runs in one
    transaction with the note of how far the change is, and may be tried several times.
    """

    number: int
    title: str
    collection: Declared
    query: Filter
    apply: Callable[[Sequence[Document]], None]
    batch: int = 500

    @property
    def key(self) -> str:
        """What its note is called, such as `leads:0001`; it must never mean another change."""
        return f"{self.collection.service}:{self.number:04}"


def changes_of(service: str) -> tuple[Change, ...]:
    """Return the changes of `service` in their order. Raises ValueError unless they are numbered 1, 2, 3, ..."""
    module = f"services.{service}.changes"
    found: tuple[Change, ...] = import_module(module).CHANGES if find_spec(module) else ()
    if [change.number for change in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"{module}: changes are numbered 1, 2, 3, ... in their order")
    return found


def carry_out(change: Change, lock: Lock, tell: Tell) -> None:
    """Do what is left of `change` under `lock`, telling after each batch how far it is. Raises LockLost."""
    # Not by the lock: where services share a database, each has a connection of its own, and transactions belong to one.
    notes = database(change.collection.service)[COLLECTION]
    note = _begun(change, lock, notes)
    while not note["finishedAt"]:
        work = partial(_do_batch, change, note, notes)
        note = in_transaction(change.collection.service, work, seconds=_BATCH_SECONDS)
        tell(f"{change.key} {change.title}: {note['done']} of {note['total']} documents")


def _begun(change: Change, lock: Lock, notes: MongoCollection[Document]) -> Document:
    """Return the note of `change`, made when it is new, and from now on ours."""
    note = {"_id": change.key}
    if notes.find_one(note) is None:
        total = raw(change.collection).count_documents(change.query)
        new = {"title": change.title, "after": None, "done": 0, "total": total, "startedAt": now(), "finishedAt": None}
        notes.insert_one({**note, **new})
    ours: Any = notes.find_one_and_update(note, {"$set": {"token": lock.token}}, return_document=AFTER)
    return dict(ours)


def _do_batch(change: Change, note: Document, notes: MongoCollection[Document]) -> Document:
    """Do the next batch and return the note as it is then. Raises LockLost when another process does this change now."""
    session = current_session(change.collection.service)
    found = following(change.collection, note["after"], change.batch, change.query)
    if found:
        change.apply(found)
        progress: Document = {"after": found[-1]["_id"], "done": note["done"] + len(found)}
    else:
        progress = {"finishedAt": now()}
    mine = {"_id": change.key, "token": note["token"]}
    noted = notes.find_one_and_update(mine, {"$set": progress}, session=session, return_document=AFTER)
    if noted is None:
        raise LockLost(f"another process goes on with {change.key}")
    return noted


def following(collection: Declared, after: object, count: int, query: Filter = _ALL) -> list[Document]:
    """Return the `count` documents that match `query` behind the one with the id `after` (None: from the first one), in the
    order of their ids, whatever types these have; in the running transaction."""
    session = current_session(collection.service)
    by_id = [("_id", ASCENDING)]
    found = raw(collection).find(query, session=session).hint(by_id).sort(by_id).limit(count + 1)
    if after is not None:
        # A bound of the index, itself included: `$gt` compares ids of one type only, and the old system has several.
        found = found.min([("_id", cast(Any, after))])
    return [document for document in found if document["_id"] != after][:count]
