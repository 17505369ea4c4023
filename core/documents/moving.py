"""A move of a service's collections into another database of the same deployment, while the service works.

Copy (a snapshot by `_id`, in batches), follow (a change stream from before the copy), compare every document byte by byte; then,
in the pause: fence the old place, read the stream to its end, compare what changed since, point the placement to the new place.

The fence is MongoDB's: a collection of the service is renamed `moved.<name>`, with a view in its place, where nobody can write;
of a collection that services share, a validator refuses the service's documents. So a write is either in the old place before
the fence, and copied, or it fails and is done in the new place. A killed command goes on where it was: beside the placement.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.change_stream import ChangeStream
from pymongo.collection import Collection as MongoCollection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from core.documents import placement
from core.documents.batches import BATCH, batches, chunks
from core.documents.collection import now
from core.documents.driver import home as home_of
from core.documents.fencing import (
    MOVED,
    NEWEST,
    SHARED,
    STAGED,
    Part,
    Raw,
    fence,
    kind_of,
    together,
    unfence,
    unvalidated,
)
from core.documents.indexes import again

_MARKER = "moving.marker"
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_WAIT_MILLISECONDS = 50
_DUPLICATE_KEY, _TRIES, _SLICE_SECONDS = 11_000, 5, 0.2

Tell = Callable[[str], None]


class Refused(Exception):
    """The move cannot begin, or go on; the text is a sentence for the operator."""


@dataclass
class Move:
    """A move of `service` from `source` to `target`; `own` are the names of its collections."""

    service: str
    home: Database[Any]
    source: Raw
    target: Raw
    own: Sequence[str]
    tell: Tell
    # What must be compared once more in the pause, by collection.
    suspects: dict[str, set[object]] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Everything that moves."""
        return (*(Part(name) for name in self.own), *SHARED)

    @property
    def homeward(self) -> bool:
        """Whether the target is the home, which other services use as well."""
        return self.target.name == self.home.name

    # -- progress --------------------------------------------------------------------------------------------------
    @property
    def _notes(self) -> MongoCollection[Any]:
        return self.home[placement.COLLECTION]

    def note(self) -> dict[str, Any]:
        """Return what is noted of the service: `database`, `state`, `move` with phase, token and progress."""
        return self._notes.find_one({"_id": self.service}) or {}

    def _write(self, **members: object) -> None:
        self._notes.update_one({"_id": self.service}, {"$set": members})

    def _begin(self) -> None:
        """Note the move, with the place in the change stream from which on every change will be followed."""
        for name in self.own:
            if kind_of(self.target, name) == "collection" and self.target[name].find_one() is not None:
                raise Refused(f"{self.target.name} has documents in {name} already: choose an empty database.")
        for name in self.own:
            # What an earlier move left: from now on such a name means that this one fenced the collection.
            self.source.drop_collection(MOVED + name)
        with self._stream(None) as stream:
            stream.try_next()
            token = stream.resume_token
        moved = {"source": self.source.name, "target": self.target.name, "phase": "copying", "token": token}
        fresh = {"database": self.source.name, "state": placement.STEADY}
        change = {"$set": {**fresh, "move": {**moved, "startedAt": now(), "parts": {}}}}
        self._notes.update_one({"_id": self.service}, change, upsert=True)

    # -- the way ---------------------------------------------------------------------------------------------------
    def run(self) -> float:
        """Carry the move out, or what is left of it, and return how long the data could not be used, in seconds."""
        if not self.note().get("move"):
            self._begin()
        if self._phase == "copying":
            self._copy(self.note()["move"]["parts"])
            self._write(**{"move.phase": "following"})
        seconds = 0.0
        if self._phase == "following":
            self._take_back()
            with self._stream(self.note()["move"]["token"]) as stream:
                self._follow(stream)
                self.suspects.clear()
                self._compare()
                self._announce(stream)
                seconds = self._switch(stream)
        if self._phase == "settled":
            # Killed in the last moment of the pause: the rest of it.
            seconds = self._show(time.monotonic())
        self._finish()
        return seconds

    @property
    def _phase(self) -> str:
        return str(self.note()["move"]["phase"])

    def _take_back(self) -> None:
        """End the pause that a killed command left."""
        if self.note()["state"] == placement.PAUSED:
            unfence(self.source, self.own, self.service)
        self._write(state=placement.STEADY)

    def _copy(self, progress: Mapping[str, Mapping[str, Any]]) -> None:
        for part in self.parts:
            noted = progress.get(part.name, {})
            if noted.get("done"):
                continue
            if not noted:
                self._prepare(part)
            self._copy_part(part, noted.get("after"), noted.get("copied", 0))

    def _prepare(self, part: Part) -> None:
        """Make the collection in the target with the source's indexes, but those that delete: they would not wait for us."""
        target = self.target[part.staged()]
        if not part.shared:
            target.drop()
        elif self.homeward and part.member:
            # What the service left here when it moved out is older than what it brings.
            target.delete_many(part.mine(self.service))
        if not (part.shared and self.homeward):
            _copy_indexes(self.source[part.name], target, expiring=False)

    def _copy_part(self, part: Part, after: object, copied: int) -> None:
        source = self.source[part.name]
        total = source.count_documents(part.mine(self.service)) if part.member else source.estimated_document_count()
        key = f"move.parts.{part.name}"
        while batch := self._next(part, after):
            self._store(part, batch)
            after, copied = batch[-1]["_id"], copied + len(batch)
            self._write(**{key: {"after": after, "copied": copied, "total": total, "done": False}})
            self.tell(f"{part.name}: {copied} of {total} copied")
        self._write(**{f"{key}.copied": copied, f"{key}.total": copied, f"{key}.done": True})

    def _next(self, part: Part, after: object) -> list[RawBSONDocument]:
        found = self.source[part.name].find(part.mine(self.service)).hint([("_id", 1)]).sort("_id", 1).limit(BATCH + 1)
        if after is not None:
            # A bound of the index, itself included: `$gt` compares ids of one type only, and the old system has several.
            found = found.min([("_id", cast(Any, after))])
        return [document for document in found if document["_id"] != after][:BATCH]

    def _store(self, part: Part, documents: Sequence[RawBSONDocument]) -> None:
        """Write documents into the target. Those that clash with another one there are suspects."""
        newest = part.name == NEWEST
        writes = list[ReplaceOne[RawBSONDocument]]()
        for one in documents:
            writes.append(ReplaceOne(_older(one) if newest else {"_id": one["_id"]}, one, upsert=True))
        try:
            if writes:
                target = self.target[part.staged()]
                target.bulk_write(writes, ordered=False, bypass_document_validation=True)
        except BulkWriteError as error:
            faults = error.details["writeErrors"]
            if any(fault["code"] != _DUPLICATE_KEY for fault in faults):
                raise
            self._suspect(part.name, (documents[fault["index"]]["_id"] for fault in faults))

    def _suspect(self, name: str, ids: Iterable[object]) -> None:
        if name != NEWEST:
            self.suspects.setdefault(name, set()).update(ids)

    # -- following -------------------------------------------------------------------------------------------------
    def _stream(self, token: Mapping[str, object] | None) -> ChangeStream[RawBSONDocument]:
        names = [*(part.name for part in self.parts), _MARKER]
        only: list[dict[str, object]] = [{"$match": {"ns.coll": {"$in": names}}}]
        return self.source.watch(
            only, "updateLookup", start_after=token, batch_size=BATCH, max_await_time_ms=_WAIT_MILLISECONDS
        )

    def _follow(
        self, stream: ChangeStream[RawBSONDocument], until: ObjectId | None = None, seconds: float = 0.0
    ) -> None:
        """Follow the changes: to the marker `until`, or for `seconds` and then until none is left."""
        parts, deadline = {part.name: part for part in self.parts}, time.monotonic() + seconds
        while True:
            batch = list(_changes(stream, until))
            self._apply([one for one in batch if one["ns"]["coll"] in parts], parts)
            if until is None:
                self._write(**{"move.token": stream.resume_token})
                # Fewer than it takes: they are read as they happen.
                over = len(batch) < BATCH and time.monotonic() >= deadline
            else:
                over = bool(batch) and _is_marker(batch[-1], until)
            if over:
                return

    def _apply(self, changes: Sequence[RawBSONDocument], parts: Mapping[str, Part]) -> None:
        last: dict[tuple[str, object], RawBSONDocument] = {}
        for change in changes:
            if "documentKey" in change:
                last[change["ns"]["coll"], change["documentKey"]["_id"]] = change
        for name in dict.fromkeys(name for name, _ in last):
            part, those = parts[name], {key: one for (coll, key), one in last.items() if coll == name}
            self._suspect(name, those)
            documents = [one.get("fullDocument") for one in those.values()]
            self._store(part, [one for one in documents if one is not None and self._is_mine(part, one)])
            gone = [key for key, one in those.items() if one["operationType"] == "delete"]
            if gone and not (self.homeward and part.name == NEWEST):
                self.target[part.staged()].delete_many({"_id": {"$in": gone}})

    def _is_mine(self, part: Part, document: Mapping[str, object]) -> bool:
        if part.member == "_id":
            return str(document["_id"]).startswith(f"{self.service}:")
        return part.member is None or document.get(part.member) == self.service

    # -- comparing -------------------------------------------------------------------------------------------------
    def _compare(self) -> None:
        """Compare all documents. Where they differ they may have changed meanwhile: then they are compared again in the pause."""
        for part in self.parts[: len(self.own)]:
            source, target = self.source[part.name], self.target[part.staged()]
            count = differing = 0
            for batch in batches(source):
                count += len(batch)
                differing += self._differing(part, batch, target)
            extra = self._differing_extra(part, target, source)
            if count:
                self.tell(f"{part.name}: {count} compared, {differing + extra} changed meanwhile")

    def _differing(self, part: Part, batch: Sequence[RawBSONDocument], target: MongoCollection[RawBSONDocument]) -> int:
        ids = [one["_id"] for one in batch]
        there = {one["_id"]: one.raw for one in target.find({"_id": {"$in": ids}})}
        wrong = [one["_id"] for one in batch if there.get(one["_id"]) != one.raw]
        self._suspect(part.name, wrong)
        return len(wrong)

    def _differing_extra(
        self, part: Part, target: MongoCollection[RawBSONDocument], source: MongoCollection[RawBSONDocument]
    ) -> int:
        extra = 0
        for batch in batches(target, {"_id": 1}):
            ids = [one["_id"] for one in batch]
            known = {one["_id"] for one in source.find({"_id": {"$in": ids}}, {"_id": 1})}
            wrong = [key for key in ids if key not in known]
            self._suspect(part.name, wrong)
            extra += len(wrong)
        return extra

    # -- the pause -------------------------------------------------------------------------------------------------
    def _announce(self, stream: ChangeStream[RawBSONDocument]) -> None:
        """Let every process ask often from now on, and follow the changes until each of them has heard of it."""
        self._write(state=placement.CLOSING)
        self._level_all(lambda part: self.source[part.name])
        self._follow(stream, seconds=2 * placement.GOOD_FOR[placement.STEADY] + 0.5)

    def _switch(self, stream: ChangeStream[RawBSONDocument]) -> float:
        started = time.monotonic()
        self._write(state=placement.PAUSED)
        # Until every process has heard of it: while a collection is renamed, a read would find nothing there.
        time.sleep(2 * placement.GOOD_FOR[placement.CLOSING])
        try:
            fence(self.source, self.own, self.service)
            marker = ObjectId()
            self.home.client[self.source.name][_MARKER].insert_one({"_id": marker})
            self._follow(stream, until=marker)
            self._settle()
        except Refused:
            self._take_back()
            raise
        self._write(**{"move.phase": "settled"})
        return self._show(started)

    def _settle(self) -> None:
        """Make the suspects equal, and see that they are. Raises Refused when that, or a count, is not so."""
        # Several times: a document may have to wait for the key that another one gives up.
        for _ in range(_TRIES):
            self._level_all(lambda part: self.source[part.name if part.shared else MOVED + part.name])
        if any(self.suspects.values()):
            raise Refused(f"{min(self.suspects)} differs in the new place; the move was taken back: run it again.")
        together(self._count, self.own)

    def _count(self, name: str) -> None:
        both = (self.source[MOVED + name], self.target[STAGED + name])
        if (
            len({one.estimated_document_count() for one in both}) > 1
            and len({one.count_documents({}) for one in both}) > 1
        ):
            raise Refused(f"{name} has another count in the new place; the move was taken back: run it again.")

    def _level_all(self, place: Callable[[Part], MongoCollection[RawBSONDocument]]) -> None:
        """Write what differs of the suspects; those are suspects again."""
        open_, self.suspects = self.suspects, {}
        for part in self.parts:
            for ids in chunks(open_.get(part.name, ())):
                self._level(part, place(part), ids)

    def _level(self, part: Part, source: MongoCollection[RawBSONDocument], ids: Sequence[object]) -> None:
        here = {one["_id"]: one for one in source.find({"_id": {"$in": ids}}) if self._is_mine(part, one)}
        target = self.target[part.staged()]
        there = {one["_id"]: one.raw for one in target.find({"_id": {"$in": ids}})}
        extra = [] if part.shared else [key for key in there if key not in here]
        if extra:
            target.delete_many({"_id": {"$in": extra}})
        wrong = [one for key, one in here.items() if there.get(key) != one.raw]
        self._store(part, wrong)
        self._suspect(part.name, [*extra, *(one["_id"] for one in wrong)])

    def _show(self, started: float) -> float:
        """Give the copies their names, point the placement to them, and return the seconds since `started`."""
        unvalidated(self.target, self.service)
        kinds = {one["name"]: one["type"] for one in self.target.list_collections()}
        together(lambda name: self._name(name, kinds), self.own)
        # Whoever asked just before the pause asks again by now.
        time.sleep(max(0.0, placement.GOOD_FOR[placement.CLOSING] + 0.01 - (time.monotonic() - started)))
        self._write(database=self.target.name, state=placement.STEADY, **{"move.phase": "switched"})
        return time.monotonic() - started

    def _name(self, name: str, kinds: Mapping[str, str]) -> None:
        if kinds.get(name) == "view":
            self.target.drop_collection(name)
        if STAGED + name in kinds:
            self.target[STAGED + name].rename(name)

    def _finish(self) -> None:
        for part in self.parts:
            frozen = self.source[part.name if part.shared else MOVED + part.name]
            if not (part.shared and self.homeward):
                _copy_indexes(frozen, self.target[part.name], expiring=True)
        self.source.drop_collection(_MARKER)
        last = {"source": self.source.name, "target": self.target.name, "at": now()}
        self._notes.update_one({"_id": self.service}, {"$set": {"last": last}, "$unset": {"move": ""}})


def _changes(stream: ChangeStream[RawBSONDocument], until: ObjectId | None) -> Iterator[RawBSONDocument]:
    """Yield the changes that are there, a batch at most, for a moment, and none after the marker."""
    deadline = time.monotonic() + _SLICE_SECONDS
    for change in islice(iter(stream.try_next, None), BATCH):
        yield change
        if (until is not None and _is_marker(change, until)) or time.monotonic() > deadline:
            return


def _is_marker(change: Mapping[str, Any], marker: ObjectId) -> bool:
    return bool(change["ns"]["coll"] == _MARKER and change["documentKey"]["_id"] == marker)


def _copy_indexes(
    source: MongoCollection[RawBSONDocument], target: MongoCollection[RawBSONDocument], *, expiring: bool
) -> None:
    """Make those of the source's indexes in the target that delete documents, or those that do not."""
    for spec in source.list_indexes():
        if spec["name"] != "_id_" and ("expireAfterSeconds" in spec) == expiring:
            target.create_indexes([again(spec)])


def _older(document: Mapping[str, object]) -> Mapping[str, object]:
    version = document.get("version")
    newer = {} if version is None else {"$or": [{"version": {"$lte": version}}, {"version": None}]}
    return {"_id": document["_id"], **newer}


def prepared(service: str, target: str, own: Sequence[str], tell: Tell) -> Move:
    """Return the move of `service` into the database `target`, or the one that was begun. Raises Refused."""
    home = home_of(service)
    note: Any = home[placement.COLLECTION].find_one({"_id": service}) or {}
    move, now_in = note.get("move"), note.get("database", home.name)
    if move and move["target"] != target:
        raise Refused(f"A move of {service} to {move['target']} is not over: go on with that one first.")
    source = move["source"] if move else now_in
    if source == target:
        raise Refused(f"{service} is in {target} already.")
    client: Any = home.client
    raw = {name: client.get_database(name, codec_options=_RAW) for name in (source, target)}
    return Move(service, home, raw[source], raw[target], own, tell)
