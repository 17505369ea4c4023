"""The driver as a dry run sees it: what is written is noted, and what is not in its transaction is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

from bson import ObjectId
from pymongo.client_session import ClientSession
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import PyMongoError

from core.effects import outside
from core.events.models import OUTBOX

# A use case changes one document or a few; more would hold too many locks.
MOST_DOCUMENTS = 20
_READS = {"find", "find_one", "count_documents", "aggregate", "distinct", "name", "full_name", "database"}
_BY_FILTER = {"update_one", "update_many", "find_one_and_update", "delete_many"}

Stored = Mapping[str, object]
Key = tuple[str, object]
T = TypeVar("T", bound=Mapping[str, Any])


@dataclass
class Notes:
    """What was written so far. before: the documents that were touched, as they were; events: of the outbox; failed: what the
    database refused."""

    session: ClientSession
    before: dict[Key, Stored | None] = field(default_factory=dict)
    events: list[Stored] = field(default_factory=list)
    failed: PyMongoError | None = None

    def forget(self) -> None:
        """Begin again: it was rolled back."""
        self.before, self.events, self.failed = {}, [], None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self.before and not self.events

    def touch(self, collection: str, documents: Iterable[Stored], *, new: bool = False) -> None:
        """Note documents that are about to be written. Raises Unavailable when they are too many."""
        for document in documents:
            self.before.setdefault((collection, document["_id"]), None if new else document)
        if len(self.before) > MOST_DOCUMENTS:
            outside("change of so many documents")


class WatchedCollection:
    """A collection of pymongo with the operations that use cases need."""

    def __init__(self, collection: MongoCollection[dict[str, Any]], notes: Notes) -> None:
        self._collection, self._notes = collection, notes

    def __getattr__(self, name: str) -> object:
        found = getattr(self._collection, name)
        return found if name in _READS else partial(self._write, name)

    def _write(self, name: str, given: object, *rest: object, **options: object) -> object:
        """Do the operation `name`, its documents noted first. Raises Unavailable for one outside of the transaction."""
        if options.get("session") is not self._notes.session:
            outside("write outside of its transaction")
        self._note(name, given)
        try:
            result = getattr(self._collection, name)(given, *rest, **options)
        except PyMongoError as error:
            self._notes.failed = error
            raise
        self._note_made(result)
        return result

    def _note(self, name: str, given: object) -> None:
        if name in ("insert_one", "insert_many"):
            self._note_new(cast(list[dict[str, Any]], [given] if name == "insert_one" else given))
        elif name == "bulk_write":
            for one in cast(list[Any], given):
                self._note_found(one._filter)
        elif name in _BY_FILTER:
            self._note_found(cast(Stored, given))
        else:
            outside(name)

    def _note_new(self, documents: list[dict[str, Any]]) -> None:
        if self._collection.name == OUTBOX.name:
            self._notes.events += documents
            return
        for document in documents:
            document.setdefault("_id", ObjectId())
        self._notes.touch(self._collection.name, documents, new=True)

    def _note_found(self, query: Stored) -> None:
        found = self._collection.find(query, session=self._notes.session, limit=MOST_DOCUMENTS + 1)
        self._notes.touch(self._collection.name, found)

    def _note_made(self, result: object) -> None:
        """Note what an upsert made."""
        made = [getattr(result, "upserted_id", None), *(getattr(result, "upserted_ids", None) or {}).values()]
        made += [result.get("_id")] if isinstance(result, Mapping) else []
        self._notes.touch(self._collection.name, [{"_id": one} for one in made if one is not None], new=True)


class WatchedDatabase:
    """A database of pymongo whose collections are watched."""

    def __init__(self, database: Any, notes: Notes) -> None:
        self._database, self._notes = database, notes

    def __getitem__(self, name: str) -> WatchedCollection:
        return WatchedCollection(self._database[name], self._notes)

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)
