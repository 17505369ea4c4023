"""Access to a service's MongoDB database through the driver, sharing the client of Django's connection."""

from typing import Any

from bson.codec_options import CodecOptions
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from pymongo import MongoClient
from pymongo.database import Database

Document = dict[str, Any]

# No `tzinfo`: dates come in UTC anyway, and converting each to another UTC object doubles the cost of decoding.
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)


def alias_of(service: str) -> str:
    """Return the Django database alias of `service` in this process. Raises KeyError when it does not live here."""
    if service not in settings.SERVICES:
        raise KeyError(f"the service {service!r} does not live in this process ({settings.SERVICE_NAME})")
    return service if service in settings.DATABASES else DEFAULT_DB_ALIAS


def database(service: str) -> Database[Document]:
    """Return the pymongo database of `service`: majority writes, aware datetimes (Django's own are naive)."""
    connection: Any = connections[alias_of(service)]
    shared: Database[Document] = connection.database
    return shared.with_options(codec_options=_CODEC)


def client(service: str) -> MongoClient[Document]:
    """Return the MongoClient behind `service`; one per process and database alias."""
    return database(service).client


def ping(service: str) -> None:
    """Ask the primary of `service` for a sign of life. Raises pymongo.errors.PyMongoError when there is none."""
    database(service).command("ping")
