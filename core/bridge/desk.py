"""The bridge's own documents: who leads, how far it is, what is switched off, which documents it could not bridge."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.collection import Collection as MongoCollection

from core.bridge.models import BRIDGES, NOTES, BridgeDocument, NoteDocument, Walk
from core.documents.collection import now
from core.documents.database import Document
from core.documents.driver import database
from core.documents.preparing import Lock, LockLost
from core.documents.transactions import current_session
from core.events.models import OUTBOX

Outcomes = Counter[tuple[str, str]]


class Desk:
    """The documents of the bridge of one service. `lock`: as which candidate it writes; without, it is only looked at."""

    def __init__(self, service: str, who: str = "", lease: float = 10.0) -> None:
        self.service = service
        self.lock = Lock(self._bridges, who, lease, service)

    # -- how far it is -------------------------------------------------------------------------------------------
    def state(self) -> BridgeDocument:
        """Return what is known of the bridge; empty when none has ever run."""
        return cast(BridgeDocument, self._bridges.find_one({"_id": self.service}) or {})

    def note(
        self, progress: Mapping[str, object], outcomes: Outcomes | None = None, *, removes: Iterable[str] = ()
    ) -> None:
        """Note how far the leader is, in the running transaction. Raises LockLost when another one leads: a leader that was
        frozen changes nothing any more."""
        change: Document = {"$set": dict(progress)} if progress else {}
        if removes:
            change["$unset"] = dict.fromkeys(removes, "")
        if outcomes:
            change["$inc"] = {f"counts.{name}.{outcome}": count for (name, outcome), count in outcomes.items()}
        mine = {"_id": self.service, "token": self.lock.token}
        session = current_session(self.service)
        if not self._bridges.update_one(mine, change, session=session).matched_count:
            raise LockLost(f"another process is the bridge of {self.service}")

    # -- switches ------------------------------------------------------------------------------------------------
    def switch(self, names: Iterable[str], *, on: bool) -> BridgeDocument:
        """Switch collections on or off, for every process; those that come back are walked through."""
        names = list(names)
        change: Document = {"$pullAll": {"off": names}} if on else {"$addToSet": {"off": {"$each": names}}}
        if on:
            behind = set(self.state().get("off", ())) & {*names}
            change |= {"$set": begun(behind, "switched on")} if behind else {}
        return self._changed(change)

    def walk_through(self, names: Iterable[str]) -> BridgeDocument:
        """Let the leader walk through whole collections, whatever it knows of them."""
        return self._changed({"$set": begun(names, "asked for")})

    def _changed(self, change: Mapping[str, object]) -> BridgeDocument:
        after = ReturnDocument.AFTER
        stored = self._bridges.find_one_and_update({"_id": self.service}, change, upsert=True, return_document=after)
        return cast(BridgeDocument, stored)

    # -- notes about documents -----------------------------------------------------------------------------------
    def park(self, collection: str, key: object, error: str) -> None:
        """Note a document that cannot be bridged; by its id alone, because the rest is somebody's data."""
        told: NoteDocument = {"service": self.service, "collection": collection, "documentId": key, "error": error}
        self._keep(collection, key, {"$set": {**told, "at": now()}, "$unset": {"settledAt": ""}})

    def parked(self) -> list[NoteDocument]:
        """Return the notes about documents that cannot be bridged."""
        found = self._notes.find({"service": self.service, "error": {"$exists": True}})
        return cast(list[NoteDocument], list(found))

    def unpark(self, collection: str, key: object) -> None:
        """Forget that a document could not be bridged."""
        note = {"_id": _note_id(collection, key), "error": {"$exists": True}}
        settled = {"$unset": {"error": ""}, "$set": {"settledAt": now()}}
        self._notes.update_one(note, settled, session=self._session)

    def bury(self, collection: str, key: object, revision: int) -> None:
        """Note that a document is gone, and the revision by which that was told."""
        told: NoteDocument = {"service": self.service, "collection": collection, "rev": revision, "settledAt": now()}
        self._keep(collection, key, {"$set": told, "$unset": {"error": ""}})

    def last_revision(self, collection: str, key: object) -> int:
        """Return the revision by which the document, or its deletion, was told last, or 0: a replacement may have dropped `rev`
        or put back an old one."""
        note = self._notes.find_one({"_id": _note_id(collection, key)}, session=self._session) or {}
        told = {"entityId": str(key), "entityVersion": {"$gt": 0}}
        newest = self._outbox.find_one(told, sort=[("entityVersion", -1)], session=self._session) or {}
        return max(int(note.get("rev", 0)), int(newest.get("entityVersion", 0)))

    def _keep(self, collection: str, key: object, change: Mapping[str, object]) -> None:
        self._notes.update_one({"_id": _note_id(collection, key)}, change, upsert=True, session=self._session)

    @property
    def _session(self) -> Any:
        return current_session(self.service)

    @property
    def _bridges(self) -> MongoCollection[Document]:
        return database(self.service)[BRIDGES.name]

    @property
    def _outbox(self) -> MongoCollection[Document]:
        return database(self.service)[OUTBOX.name]

    @property
    def _notes(self) -> MongoCollection[Document]:
        return database(self.service)[NOTES.name]


def begun(names: Iterable[str], why: str) -> dict[str, Walk]:
    """Return what to set (dotted) so that walks through the collections `names` begin."""
    return {f"walks.{name}": {"why": why, "done": 0, "startedAt": now()} for name in names}


def _note_id(collection: str, key: object) -> str:
    return f"{collection}:{key}"
