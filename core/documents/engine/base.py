"""The database engine named in DATABASES: DMB with a compiler whose ordering can use indexes."""

from django_mongodb_backend.base import DatabaseWrapper as MongoDatabaseWrapper
from django_mongodb_backend.operations import DatabaseOperations as MongoDatabaseOperations


class DatabaseOperations(MongoDatabaseOperations):
    """DMB's operations with our compilers."""

    compiler_module = "core.documents.engine.compiler"


class DatabaseWrapper(MongoDatabaseWrapper):
    """DMB's wrapper with our operations."""

    ops_class = DatabaseOperations
