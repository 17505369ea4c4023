"""The database engine named in DATABASES."""

from django_mongodb_backend.base import DatabaseWrapper as MongoDatabaseWrapper


class DatabaseWrapper(MongoDatabaseWrapper):
    """django-mongodb-backend's wrapper."""
