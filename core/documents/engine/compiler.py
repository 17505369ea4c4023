"""Query compilers: DMB's, except that ordering by a plain field needs no stage before `$sort`.

DMB 5.2 writes `{$addFields: {createdAt: "$createdAt"}}` there, which changes nothing but keeps MongoDB from using an
index: a page of 25 read the whole collection.
"""

from typing import Any

from django_mongodb_backend import compiler
from django_mongodb_backend.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
    SQLUpdateCompiler,
)

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]


class SQLCompiler(compiler.SQLCompiler):
    """DMB's compiler of reads."""

    def build_query(self, columns: object = None) -> Any:
        """Return the query without stages that only repeat a field."""
        query = super().build_query(columns)
        if query.extra_fields:
            query.extra_fields = {name: value for name, value in query.extra_fields.items() if value != f"${name}"}
        return query
