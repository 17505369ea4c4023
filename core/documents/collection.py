"""The tenant-scoped collection: the one place where every query gets its tenant.

It adds the tenant and soft-delete filters, timestamps, `__v`, the revision and the running transaction to what pymongo
does, and nothing else. Writes are dotted `$set`s by design: fields that we do not know stay in the document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bson import ObjectId
from pymongo import IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection as MongoCollection

from core.documents.database import Document, database
from core.documents.ids import either_form, object_id
from core.documents.indexes import Lifted, Replaced
from core.documents.scope import TenantScope
from core.documents.transactions import current_session
from core.errors import NoTenant

Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]
Projection = Mapping[str, Any] | Sequence[str] | None

# The owner of collections that each service has for itself.
EVERY_SERVICE = "*"

# What a query of a caller without tenant matches: nothing.
_NOTHING: Filter = {"_id": {"$in": []}}


def now() -> datetime:
    """Return the current time in UTC at MongoDB's resolution, the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Collection:
    """Declares a collection: its name, its owner, and how it tells tenants and deleted documents apart.

    tenant: "text" or "objectid" = the stored type of `tenantId` (both are read when it is "objectid": old data mixes
    them); "none" = documents that belong to no tenant. soft_delete: documents with `deletedAt` are invisible. indexes, replaces:
    what `manage.py prepare` makes true (core.documents.indexes).
    """

    name: str
    service: str
    tenant: Literal["text", "objectid", "none"] = "text"
    soft_delete: bool = False
    indexes: tuple[IndexModel, ...] = ()
    replaces: tuple[Replaced | Lifted, ...] = ()

    def scoped(self, scope: TenantScope) -> "ScopedCollection":
        """Return the view of this collection that `scope` may see and change."""
        return ScopedCollection(self, scope)

    def raw(self) -> MongoCollection[Document]:
        """Return the driver's collection, unscoped: for migrations, indexes and core's own mechanisms only."""
        return database(self.service)[self.name]


@dataclass(frozen=True, slots=True)
class ScopedCollection:
    """pymongo's reads and writes, limited to the documents of one tenant scope."""

    collection: Collection
    scope: TenantScope

    # -- reads ---------------------------------------------------------------------------------------------------
    def find_one(self, query: Filter, projection: Projection = None, sort: Sort | None = None) -> Document | None:
        """Return the first visible document that matches, or None."""
        return self._raw.find_one(self.visible(query), projection, sort=sort, session=self._session)

    def find(
        self, query: Filter, projection: Projection = None, *, sort: Sort | None = None, skip: int = 0, limit: int = 0
    ) -> Iterator[Document]:
        """Iterate over the visible documents that match; `limit` 0 means all."""
        return self._raw.find(self.visible(query), projection, sort=sort, skip=skip, limit=limit, session=self._session)

    def find_any(
        self, queries: Sequence[Filter], projection: Projection = None, *, limit: int = 0
    ) -> Iterator[Document]:
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
        """Run `pipeline` over the visible documents."""
        first: list[Document] = [{"$match": self.visible({})}]
        return self._raw.aggregate([*first, *pipeline], session=self._session, **options)

    def distinct(self, key: str, query: Filter) -> list[Any]:
        """Return the distinct values of `key` among the visible documents that match."""
        return self._raw.distinct(key, self.visible(query), session=self._session)

    # -- writes --------------------------------------------------------------------------------------------------
    def insert_one(self, document: Document) -> Document:
        """Insert `document` with id, tenant, timestamps, `__v` and revision filled in, and return it.

        Raises NoTenant when neither the scope nor the document names a tenant, DuplicateKeyError on a clash."""
        prepared = self._prepared(document)
        self._raw.insert_one(prepared, session=self._session)
        return prepared

    def insert_many(self, documents: Sequence[Document]) -> list[Document]:
        """Insert all `documents` as `insert_one` does, and return them; an empty list does nothing."""
        prepared = [self._prepared(document) for document in documents]
        if prepared:
            self._raw.insert_many(prepared, session=self._session)
        return prepared

    def update_one(self, query: Filter, update: Filter, *, upsert: bool = False) -> Document | None:
        """Apply `update` (operators such as $set) to one visible document and return it as it is afterwards,
        or None when none matches (never with `upsert`)."""
        return self._raw.find_one_and_update(
            self.visible(query),
            self._stamped(update, upsert),
            upsert=upsert,
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )

    def replace_state(self, query: Filter, update: Filter, sort: Sort | None = None) -> Document | None:
        """Atomically claim the first visible match (compare-and-set with the precondition in `query`) and return
        it as it was before, or None when the precondition holds nowhere."""
        return self._raw.find_one_and_update(
            self.visible(query),
            self._stamped(update, False),
            sort=sort,
            return_document=ReturnDocument.BEFORE,
            session=self._session,
        )

    def update_many(self, query: Filter, update: Filter) -> int:
        """Apply `update` to every visible match and return how many were changed."""
        result = self._raw.update_many(self.visible(query), self._stamped(update, False), session=self._session)
        return result.modified_count

    def update_each(self, changes: Sequence[tuple[Filter, Filter]]) -> int:
        """Apply to each visible document that a filter matches the update beside it, in one statement; return how many were
        changed. An empty list does nothing."""
        if not changes:
            return 0
        writes = [UpdateOne(self.visible(query), self._stamped(update, False)) for query, update in changes]
        return self._raw.bulk_write(writes, ordered=False, session=self._session).modified_count

    def soft_delete(self, query: Filter, **extra: Any) -> Document | None:
        """Mark one visible document as deleted and return it, or None when none matches."""
        return self.update_one(query, {"$set": {"deletedAt": now(), **extra}})

    def delete_many(self, query: Filter) -> int:
        """Physically delete every visible match and return how many there were."""
        return self._raw.delete_many(self.visible(query), session=self._session).deleted_count

    # -- the law -------------------------------------------------------------------------------------------------
    def visible(self, query: Filter) -> Document:
        """Return `query` limited to the live documents of this scope."""
        limited: Document = {}
        if self.collection.tenant != "none" and not self.scope.everywhere:
            if self.scope.tenant_id is None:
                # Nothing else: MongoDB refuses a text search that names no tenant, even one that can find nothing.
                return dict(_NOTHING)
            limited["tenantId"] = self._tenant_filter()
        if self.collection.soft_delete and "deletedAt" not in query:
            limited["deletedAt"] = None
        clash = limited.keys() & query.keys()
        return {"$and": [limited, dict(query)]} if clash else {**limited, **query}

    def _tenant_filter(self) -> Any:
        if self.collection.tenant == "objectid":
            return either_form(self.scope.tenant_id)
        return self.scope.tenant_id

    def _prepared(self, document: Document) -> Document:
        moment = now()
        defaults: Document = {"_id": ObjectId(), "createdAt": moment, "updatedAt": moment, "__v": 0, "rev": 1}
        prepared = {**defaults, **document}
        if self.collection.tenant != "none":
            prepared["tenantId"] = self._tenant_to_store(document)
        return prepared

    def _tenant_to_store(self, document: Document) -> Any:
        own = self.scope.tenant_id
        tenant = document.get("tenantId") if self.scope.everywhere else own
        if tenant is None and not (self.scope.everywhere and "tenantId" in document):
            raise NoTenant
        if self.collection.tenant == "objectid":
            return object_id(tenant) or tenant
        return None if tenant is None else str(tenant)

    def _stamped(self, update: Filter, upsert: bool) -> Document:
        stamped = {operator: dict(changes) for operator, changes in update.items()}
        stamped.setdefault("$set", {}).setdefault("updatedAt", now())
        stamped.setdefault("$inc", {}).setdefault("rev", 1)
        if upsert:
            created = stamped.setdefault("$setOnInsert", {})
            created.setdefault("createdAt", now())
            created.setdefault("__v", 0)
            if self.collection.tenant != "none":
                created["tenantId"] = self._tenant_to_store({})
        return stamped

    @property
    def _raw(self) -> MongoCollection[Document]:
        return self.collection.raw()

    @property
    def _session(self) -> ClientSession | None:
        return current_session(self.collection.service)
