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


class CreateIndexes(Operation):
    """A migration step: `CreateIndexes("leads", [IndexModel(...), ...])`. Reversing it leaves the indexes."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, indexes: Sequence[IndexModel]) -> None:
        self.collection = collection
        self.indexes = indexes

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Indexes are no part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create what is missing, where the router lets the app live."""
        alias = schema_editor.connection.alias
        if router.allow_migrate(alias, app_label):
            connection: Any = connections[alias]
            ensure_indexes(connection.database, self.collection, self.indexes)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Keep the indexes: dropping them could make a running release slow or let duplicates in."""

    def describe(self) -> str:
        """Return the line that `migrate` prints."""
        return f"Create {len(self.indexes)} indexes on {self.collection}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return (type(self).__qualname__, [self.collection, self.indexes], {})
