"""The one door to the data: collections with tenants, opened by a scope, and plain ones, which no tenant owns.

It adds the tenant and soft-delete filters, timestamps, `__v`, the revision and the running transaction to what pymongo
does, and nothing else. Writes are dotted `$set`s by design: fields that we do not know stay in the document.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar, cast

from bson import ObjectId
from pymongo import IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection as MongoCollection

from core.documents.database import Document
from core.documents.driver import place, raw
from core.documents.ids import either_form, object_id
from core.documents.indexes import Lifted, Replaced
from core.documents.placement import followed
from core.documents.scope import TenantScope, everywhere
from core.documents.transactions import current_session
from core.errors import NoTenant

T = TypeVar("T", bound=Mapping[str, Any])
R = TypeVar("R")
Filter = Mapping[str, object]
# Operators such as $inc with what they do to which member.
Update = Mapping[str, object]
Sort = Sequence[tuple[str, int]]
Projection = Mapping[str, object] | Sequence[str] | None

# The owner of collections that each service has for itself.
EVERY_SERVICE = "*"

# What a query of a caller without tenant matches: nothing.
_NOTHING: Filter = {"_id": {"$in": []}}
_NO_CHANGE: Update = {}
# Stages that read other documents, or write.
_ELSEWHERE = {"$lookup", "$graphLookup", "$unionWith", "$merge", "$out"}


def now() -> datetime:
    """Return the current time in UTC at MongoDB's resolution, the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _refuse_others(stages: object) -> None:
    """Raise ValueError for a stage, at any depth, that reaches past the documents it is given: no filter of ours holds there."""
    if isinstance(stages, Mapping):
        reached = _ELSEWHERE & stages.keys()
        if reached:
            raise ValueError(f"{min(reached)} reaches past the scope of a collection")
        stages = [*stages.values()]
    if isinstance(stages, list | tuple):
        for stage in stages:
            _refuse_others(stage)


class Documents(Generic[T]):
    """pymongo's reads and writes on the documents that the opener of a collection may see and change."""

    @property
    def declared(self) -> "Declared[T]":
        """Return the declaration of the collection that these are of."""
        raise NotImplementedError

    def visible(self, query: Filter) -> Document:
        """Return `query` limited to the documents that may be seen here."""
        raise NotImplementedError

    def with_deleted(self) -> "Documents[T]":
        """Return the same documents and, beside them, the softly deleted ones."""
        raise NotImplementedError

    def _owner(self, document: Filter) -> Document:
        """Return the members that say whose a new document is. Raises NoTenant."""
        raise NotImplementedError

    # -- reads ---------------------------------------------------------------------------------------------------
    def find_one(self, query: Filter, projection: Projection = None, sort: Sort | None = None) -> T | None:
        """Return the first visible document that matches, or None."""
        return self._raw.find_one(self.visible(query), projection, sort=sort, session=self._session)

    def find(
        self, query: Filter, projection: Projection = None, *, sort: Sort | None = None, skip: int = 0, limit: int = 0
    ) -> Iterator[T]:
        """Iterate over the visible documents that match; `limit` 0 means all."""
        return self._raw.find(self.visible(query), projection, sort=sort, skip=skip, limit=limit, session=self._session)

    def find_any(self, queries: Sequence[Filter], projection: Projection = None, *, limit: int = 0) -> Iterator[T]:
        """Iterate over the visible documents that match at least one of `queries` (at least one), unsorted.

        For lookups by several keys: MongoDB plans each branch of an $or by itself, with the best index of that branch,
        only when the $or is the whole filter; beside a tenant it may read the whole tenant instead."""
        branches = [self.visible(query) for query in queries]
        return self._raw.find({"$or": branches}, projection, limit=limit, session=self._session)

    def count(self, query: Filter, *, limit: int = 0) -> int:
        """Count the visible documents that match, stopping at `limit` when given."""
        options = {"limit": limit} if limit else {}
        return self._raw.count_documents(self.visible(query), session=self._session, **options)

    def exists(self, query: Filter) -> bool:
        """Tell whether a visible document matches."""
        return self.find_one(query, {"_id": 1}) is not None

    def aggregate(self, pipeline: Sequence[Document], **options: Any) -> Iterator[Document]:
        """Run `pipeline` over the visible documents. Raises ValueError for stages that read or write anything else."""
        _refuse_others(pipeline)
        first: list[Document] = [{"$match": self.visible({})}]
        return self._raw.aggregate([*first, *pipeline], session=self._session, **options)

    def distinct(self, key: str, query: Filter) -> list[Any]:
        """Return the distinct values of `key` among the visible documents that match."""
        return self._raw.distinct(key, self.visible(query), session=self._session)

    # -- writes --------------------------------------------------------------------------------------------------
    def insert_one(self, document: T) -> T:
        """Insert `document` with id, tenant, timestamps, `__v` and revision filled in, and return it.

        Raises NoTenant when neither the scope nor the document names a tenant, DuplicateKeyError on a clash."""
        prepared = self._prepared(document)
        self._write(lambda there: there.insert_one(prepared, session=self._session))
        return cast(T, prepared)

    def insert_many(self, documents: Sequence[T]) -> list[T]:
        """Insert all `documents` as `insert_one` does, and return them; an empty list does nothing."""
        prepared = [self._prepared(document) for document in documents]
        if prepared:
            self._write(lambda there: there.insert_many(prepared, session=self._session))
        return cast(list[T], prepared)

    def update_one(
        self, query: Filter, update: Update = _NO_CHANGE, *, sets: T | None = None, upsert: bool = False
    ) -> bool:
        """Set the members `sets` of one visible document, and apply `update` to it (operators such as $inc, dotted paths);
        return whether there was one (or, with `upsert`, is one now)."""
        change = self._stamped(update, sets, upsert)
        key, session = self.visible(query), self._session
        result = self._write(lambda there: there.update_one(key, change, upsert=upsert, session=session))
        return result.matched_count > 0 or upsert

    def update_and_get(
        self, query: Filter, update: Update = _NO_CHANGE, *, sets: T | None = None, upsert: bool = False
    ) -> T | None:
        """As `update_one`, and return the document as it is afterwards, or None when none matches (never with `upsert`)."""
        return self._found_and_updated(query, self._stamped(update, sets, upsert), ReturnDocument.AFTER, upsert=upsert)

    def get_and_update(
        self, query: Filter, update: Update = _NO_CHANGE, *, sets: T | None = None, sort: Sort | None = None
    ) -> T | None:
        """As `update_one` for the first visible match, and return it as it was before, or None when there is none: of several
        who ask at once for what `query` demands, one gets it."""
        return self._found_and_updated(query, self._stamped(update, sets), ReturnDocument.BEFORE, sort=sort)

    def update_many(self, query: Filter, update: Update = _NO_CHANGE, *, sets: T | None = None) -> int:
        """As `update_one` for every visible match; return how many were changed."""
        key, change, session = self.visible(query), self._stamped(update, sets), self._session
        result = self._write(lambda there: there.update_many(key, change, session=session))
        return result.modified_count

    def update_each(self, changes: Sequence[tuple[Filter, Update]]) -> int:
        """Apply to each visible document that a filter matches the update beside it, in one statement; return how many were
        changed. An empty list does nothing."""
        if not changes:
            return 0
        writes = [UpdateOne(self.visible(query), self._stamped(update)) for query, update in changes]
        session = self._session
        return self._write(lambda there: there.bulk_write(writes, ordered=False, session=session)).modified_count

    def mark(self, query: Filter, update: Update, *, upsert: bool = False) -> int:
        """Apply `update` to every visible match without a new revision or time, and return how many were changed: for marks
        that are no change of the document (a sweep's note, a guard that makes two transactions conflict)."""
        changes = {operator: dict(cast(Filter, changes)) for operator, changes in update.items()}
        if upsert and (owner := self._owner({})):
            changes.setdefault("$setOnInsert", {}).update(owner)
        key, session = self.visible(query), self._session
        result = self._write(lambda there: there.update_many(key, changes, upsert=upsert, session=session))
        return result.modified_count

    def upsert_each(self, computed: Sequence[tuple[Filter, Document]]) -> None:
        """Store, for each key, members computed from the document that has this key, or from none; in one statement. The
        members are aggregation expressions, so what is there can be kept; an empty list does nothing."""
        if computed:
            writes = [UpdateOne(self.visible(key), self._computed(members), upsert=True) for key, members in computed]
            session = self._session
            self._write(lambda there: there.bulk_write(writes, ordered=False, session=session))

    def delete_many(self, query: Filter) -> int:
        """Physically delete every visible match and return how many there were."""
        key, session = self.visible(query), self._session
        return self._write(lambda there: there.delete_many(key, session=session)).deleted_count

    # -- what every write adds -----------------------------------------------------------------------------------
    def _prepared(self, document: Filter) -> Document:
        moment = now()
        defaults: Document = {"_id": ObjectId(), "createdAt": moment, "updatedAt": moment, "__v": 0, "rev": 1}
        return {**defaults, **document, **self._owner(document)}

    def _stamped(self, update: Update, sets: T | None = None, upsert: bool = False) -> Document:
        stamped = {operator: dict(cast(Filter, changes)) for operator, changes in update.items()}
        stamped["$set"] = {"updatedAt": now(), **stamped.get("$set", {}), **cast(Filter, sets or {})}
        stamped.setdefault("$inc", {}).setdefault("rev", 1)
        if upsert:
            created = stamped.setdefault("$setOnInsert", {})
            created.setdefault("createdAt", now())
            created.setdefault("__v", 0)
            created.update(self._owner({}))
        return stamped

    def _computed(self, members: Mapping[str, object]) -> list[Document]:
        moment = now()
        born = {"createdAt": moment, "__v": 0, **self._owner({})}
        kept = {name: {"$ifNull": [f"${name}", value]} for name, value in born.items()}
        revision = {"$add": [{"$ifNull": ["$rev", 0]}, 1]}
        return [{"$set": {**members, **kept, "updatedAt": moment, "rev": revision}}]

    def _found_and_updated(self, query: Filter, update: Mapping[str, object], which: bool, **options: Any) -> T | None:
        key, session = self.visible(query), self._session
        return self._write(
            lambda there: there.find_one_and_update(key, update, return_document=which, session=session, **options)
        )

    def _write(self, write: Callable[[MongoCollection[Any]], R]) -> R:
        """Write where the collection is; in a transaction, that sees to it as a whole."""
        if self._session is not None:
            return write(self._raw)
        service = self.declared.service
        return followed(service, lambda: place(service), lambda: write(self._raw))

    @property
    def _raw(self) -> MongoCollection[Any]:
        return raw(self.declared)

    @property
    def _session(self) -> ClientSession | None:
        return current_session(self.declared.service)


@dataclass(frozen=True)
class Declared(Generic[T]):
    """What every collection says of itself: its name, its owner, and whether documents with `deletedAt` are invisible.

    T is the TypedDict of its documents. indexes, replaces: what `manage.py prepare` makes true (core.documents.indexes).
    derived: what members that only we keep must be for a document, None for those that must not be there; quiet: members
    whose change is no change of the document (both for core.bridge: the old system does not know them, or writes them all the
    time)."""

    name: str
    service: str
    soft_delete: bool = False
    indexes: tuple[IndexModel, ...] = ()
    replaces: tuple[Replaced | Lifted, ...] = ()
    derived: Callable[[T], Mapping[str, object]] | None = None
    quiet: tuple[str, ...] = ()

    def hidden(self, query: Filter, with_deleted: bool) -> Document:
        """Return the filter of what `query` does not see unless it asks for it: deleted documents."""
        return {"deletedAt": None} if self.soft_delete and not with_deleted and "deletedAt" not in query else {}


@dataclass(frozen=True)
class PlainCollection(Declared[T], Documents[T]):
    """A collection whose documents belong to no tenant (or to users, some of whom have none). It has no scope: the queries that
    use it decide what a caller may see."""

    @property
    def declared(self) -> Declared[T]:
        """Return the collection itself."""
        return self

    def visible(self, query: Filter) -> Document:
        """Return `query` limited to the live documents."""
        return {**self.hidden(query, with_deleted=False), **query}

    def with_deleted(self) -> "PlainCollection[T]":
        """Return the same collection with its softly deleted documents."""
        return replace(self, soft_delete=False)

    def _owner(self, document: Filter) -> Document:
        return {}


@dataclass(frozen=True)
class Collection(Declared[T]):
    """A collection whose documents belong to tenants.

    tenant: "text" or "objectid" = the stored type of `tenantId` (both are read when it is "objectid": old data mixes them).
    """

    tenant: Literal["text", "objectid"] = "text"

    def scoped(self, scope: TenantScope) -> "ScopedDocuments[T]":
        """Return the documents that `scope` may see and change."""
        return ScopedDocuments(self, scope)

    def across_tenants(self, reason: str) -> "ScopedDocuments[T]":
        """Return the documents of all tenants. Only a named function of a `bypasses` module calls this, with its reason;
        `tests/core/test_bypasses.py` knows them all."""
        return ScopedDocuments(self, everywhere(reason))


@dataclass(frozen=True, slots=True)
class ScopedDocuments(Documents[T]):
    """The documents of a collection that one scope may see and change."""

    collection: Collection[T]
    scope: TenantScope
    deleted_too: bool = False

    @property
    def declared(self) -> Declared[T]:
        """Return the collection."""
        return self.collection

    def with_deleted(self) -> "ScopedDocuments[T]":
        """Return the same documents and, beside them, the softly deleted ones."""
        return replace(self, deleted_too=True)

    # -- the law -------------------------------------------------------------------------------------------------
    def visible(self, query: Filter) -> Document:
        """Return `query` limited to the live documents of this scope."""
        limited = self.collection.hidden(query, self.deleted_too)
        if not self.scope.everywhere:
            if self.scope.tenant_id is None:
                # Nothing else: MongoDB refuses a text search that names no tenant, even one that can find nothing.
                return dict(_NOTHING)
            limited = {"tenantId": self._tenant_filter(), **limited}
        clash = limited.keys() & query.keys()
        return {"$and": [limited, dict(query)]} if clash else {**limited, **query}

    def _tenant_filter(self) -> Any:
        if self.collection.tenant == "objectid":
            return either_form(self.scope.tenant_id)
        return self.scope.tenant_id

    def _owner(self, document: Filter) -> Document:
        own = self.scope.tenant_id
        tenant = document.get("tenantId") if self.scope.everywhere else own
        if tenant is None and not (self.scope.everywhere and "tenantId" in document):
            raise NoTenant
        if self.collection.tenant == "objectid":
            return {"tenantId": object_id(tenant) or tenant}
        return {"tenantId": None if tenant is None else str(tenant)}
