"""Indexes as migrations declare them: created if missing, left alone where the old system already has them."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, router
from django.db.migrations.operations.base import Operation
from pymongo import IndexModel
from pymongo.database import Database

# An index is the same when these agree; its name may differ, as the old system named its own.
_IDENTITY = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")


def ensure_indexes(database: Database[Any], collection: str, indexes: Sequence[IndexModel]) -> list[str]:
    """Create those of `indexes` that `collection` lacks and return their names.

    An index with the same keys but other options (the old system's plain index where we need a unique one) is kept and
    ours is created beside it when MongoDB allows that (partial ones); otherwise it is replaced by ours.
    """
    existing = {_keys(spec): spec for spec in database[collection].list_indexes()}
    created = []
    for index in indexes:
        wanted = index.document
        if _is_text(wanted) and any(_is_text(spec) for spec in existing.values()):
            # A collection has one text index at most; the old system's serves as well.
            continue
        present = existing.get(_keys(wanted))
        if present is not None and _options(present) == _options(wanted):
            continue
        if present is not None and not wanted.get("partialFilterExpression"):
            database[collection].drop_index(present["name"])
        created += database[collection].create_indexes([index])
    return created


def _is_text(spec: Any) -> bool:
    return "text" in dict(spec["key"]).values() or "weights" in spec


def _keys(spec: Any) -> tuple[tuple[str, Any], ...]:
    if "weights" in spec:
        return tuple(sorted((name, "text") for name in spec["weights"]))
    keys = [(name, value) for name, value in spec["key"].items()]
    return tuple(sorted(keys)) if any(value == "text" for _, value in keys) else tuple(keys)


def _options(spec: Any) -> dict[str, Any]:
    return {
        name: dict(spec[name]) if isinstance(spec[name], dict) else spec[name] for name in _IDENTITY if spec.get(name)
    }


def drop_unique_index(database: Database[Any], collection: str, keys: Sequence[str]) -> list[str]:
    """Drop the unique indexes of `collection` over exactly `keys` that hold for all documents; return their names."""
    dropped = []
    for spec in list(database[collection].list_indexes()):
        if list(spec["key"]) == list(keys) and spec.get("unique") and not spec.get("partialFilterExpression"):
            database[collection].drop_index(spec["name"])
            dropped.append(spec["name"])
    return dropped


class CreateIndexes(Operation):
    """A migration step: `CreateIndexes("leads", [IndexModel(...), ...])`. Reversing it leaves the indexes."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, indexes: Sequence[IndexModel]) -> None:
        self.collection = collection
        self.indexes = indexes

    def state_forwards(self, app_label: str, state: object) -> None:
        """Indexes are no part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create what is missing, where the router lets the app live."""
        alias = schema_editor.connection.alias
        if router.allow_migrate(alias, app_label):
            connection: Any = connections[alias]
            ensure_indexes(connection.database, self.collection, self.indexes)

    def database_backwards(self, app_label: str, schema_editor: object, from_state: object, to_state: object) -> None:
        """Keep the indexes: dropping them could make a running release slow or let duplicates in."""

    def describe(self) -> str:
        """Return the line that `migrate` prints."""
        return f"Create {len(self.indexes)} indexes on {self.collection}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return (type(self).__qualname__, [self.collection, self.indexes], {})


class DropUniqueIndex(Operation):
    """A migration step: `DropUniqueIndex("roles", ["name"])` drops the old system's unique index over these keys, if
    there is one, whatever its name. Indexes that hold for a part of the documents only are ours and stay."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, keys: Sequence[str]) -> None:
        self.collection = collection
        self.keys = list(keys)

    def state_forwards(self, app_label: str, state: object) -> None:
        """Indexes are no part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop it, where the router lets the app live."""
        alias = schema_editor.connection.alias
        if router.allow_migrate(alias, app_label):
            connection: Any = connections[alias]
            drop_unique_index(connection.database, self.collection, self.keys)

    def database_backwards(self, app_label: str, schema_editor: object, from_state: object, to_state: object) -> None:
        """Leave it away: documents may be there that it would refuse."""

    def describe(self) -> str:
        """Return the line that `migrate` prints."""
        return f"Drop the unique index on {', '.join(self.keys)} of {self.collection}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return (type(self).__qualname__, [self.collection, self.keys], {})


class DropIndexes(Operation):
    """A migration step: `DropIndexes("leads", ["list_score"])` drops indexes of ours that better ones replace. To be released
    after every instance that relies on them is gone (expand, then contract)."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, names: Sequence[str]) -> None:
        self.collection = collection
        self.names = list(names)

    def state_forwards(self, app_label: str, state: object) -> None:
        """Indexes are no part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop those that are there, where the router lets the app live."""
        alias = schema_editor.connection.alias
        if router.allow_migrate(alias, app_label):
            connection: Any = connections[alias]
            collection = connection.database[self.collection]
            for name in set(self.names) & set(collection.index_information()):
                collection.drop_index(name)

    def database_backwards(self, app_label: str, schema_editor: object, from_state: object, to_state: object) -> None:
        """Leave them away: the better ones are still there."""

    def describe(self) -> str:
        """Return the line that `migrate` prints."""
        return f"Drop {len(self.names)} replaced indexes of {self.collection}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return (type(self).__qualname__, [self.collection, self.names], {})
