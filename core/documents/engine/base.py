"""The database engine named in DATABASES: DMB with a compiler whose ordering can use indexes."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django_mongodb_backend.base import DatabaseWrapper as MongoDatabaseWrapper
from django_mongodb_backend.operations import DatabaseOperations as MongoDatabaseOperations
from pymongo.collection import Collection

from core.documents.placement import name_of

_DJANGOS = ("django_", "auth_")


class DatabaseOperations(MongoDatabaseOperations):
    """DMB's operations with our compilers."""

    compiler_module = "core.documents.engine.compiler"


class DatabaseWrapper(MongoDatabaseWrapper):
    """DMB's wrapper with our operations."""

    ops_class = DatabaseOperations

    def get_collection(self, name: str, **options: Any) -> Collection[Any]:
        """Return a collection where it is now (core.documents.placement). Django's own stay in the database of the settings."""
        if name.startswith(_DJANGOS):
            return super().get_collection(name, **options)
        service = settings.SERVICES[0] if self.alias == DEFAULT_DB_ALIAS else self.alias
        return Collection(self.connection[name_of(service, self.database)], name, **options)
