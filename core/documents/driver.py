"""The driver below the door: unscoped, unstamped, for core's own mechanisms. Services cannot import this (import contracts)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from bson.codec_options import CodecOptions
from django.db import connections
from pymongo import MongoClient
from pymongo.collection import Collection as MongoCollection
from pymongo.database import Database

from core.documents.database import Document, alias_of
from core.documents.placement import name_of

# No `tzinfo`: dates come in UTC anyway, and converting each to another UTC object doubles the cost of decoding.
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)
T = TypeVar("T")
_instead: ContextVar[Callable[[Any], Any] | None] = ContextVar("leadmesh_driver", default=None)


class Named(Protocol):
    """A declaration of a collection."""

    @property
    def name(self) -> str:
        """Its name in the database."""

    @property
    def service(self) -> str:
        """Whose database it is in."""


def raw(collection: Named) -> MongoCollection[Document]:
    """Return the driver's collection behind a declared one: no tenant, no soft delete, no stamps, no transaction."""
    return database(collection.service)[collection.name]


def database(service: str) -> Database[Document]:
    """Return the pymongo database of `service`: majority writes, aware datetimes (Django's own are naive)."""
    own = home(service)
    return _seen(own.client.get_database(name_of(service, own), codec_options=_CODEC))


def home(service: str) -> Database[Document]:
    """Return the database that the settings name for `service`, wherever its collections are now (core.documents.placement)."""
    connection: Any = connections[alias_of(service)]
    shared: Database[Document] = connection.database
    return _seen(shared.with_options(codec_options=_CODEC))


def _seen(opened: Database[Document]) -> Database[Document]:
    """Return a database as `through` shows it. For each one that is opened: a client leads past it to any other."""
    instead = _instead.get()
    return instead(opened) if instead else opened


@contextmanager
def through(instead: Callable[[T], T]) -> Iterator[None]:
    """Let the block, in this thread, reach every database through what `instead` makes of it."""
    token = _instead.set(instead)
    try:
        yield
    finally:
        _instead.reset(token)


def place(service: str) -> str:
    """Return the name of the database in which the collections of `service` are now."""
    return name_of(service, home(service))


def client(service: str) -> MongoClient[Document]:
    """Return the MongoClient behind `service`; one per process and database alias."""
    return home(service).client


def ping(service: str) -> None:
    """Ask the primary of `service` for a sign of life. Raises pymongo.errors.PyMongoError when there is none."""
    database(service).command("ping")
