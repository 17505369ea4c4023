"""`manage.py prepare`: the databases of this process as this release needs them."""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from pymongo.errors import ConnectionFailure

from core.documents.changes import carry_out, changes_of
from core.documents.collection import Declared
from core.documents.database import alias_of
from core.documents.declarations import declared_collections
from core.documents.driver import database
from core.documents.indexes import IndexRefused, drop_indexes, ensure_indexes
from core.documents.preparing import (
    COLLECTION,
    LEASE_SECONDS,
    Lock,
    LockLost,
    holding,
    note_release,
    running_release,
)
from core.documents.routers import database_of


class Command(BaseCommand):
    """Django's tables, then indexes, then data changes of each database, under its lock. Idempotent; safe beside serving
    processes, and beside others that prepare the same database: they wait for each other."""

    help = "Make tables, indexes and documents of every database of this process what this release needs. Idempotent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--lease SECONDS`: how long a dead process may keep others waiting."""
        parser.add_argument(
            "--lease", type=float, default=LEASE_SECONDS, metavar="SECONDS", help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare each database in turn. Raises CommandError with one sentence when that is not possible."""
        self.verbosity = options["verbosity"]
        who = f"{settings.SERVICE_NAME} ({socket.gethostname()}, process {os.getpid()})"
        for services in _by_database():
            try:
                self._prepare_database(services, who, options["lease"])
            except (IndexRefused, LockLost) as error:
                raise CommandError(str(error)) from error
            except ConnectionFailure as error:
                _, name = database_of(alias_of(services[0]))
                raise CommandError(f"MongoDB is out of reach for {name}: {type(error).__name__}") from error

    def _prepare_database(self, services: list[str], who: str, lease: float) -> None:
        db = database(services[0])
        lock = Lock(db[COLLECTION], who, lease)
        with holding(lock, self._tell):
            self._tell(f"Preparing {db.name}")
            self._prepare(services, lock)

    def _prepare(self, services: list[str], lock: Lock) -> None:
        call_command("migrate", database=alias_of(services[0]), interactive=False, verbosity=self.verbosity)
        for service in services:
            running = running_release(lock.preparations, service, settings.LEADMESH_VERSION)
            refused = list[str]()
            for declared in declared_collections(service):
                lock.renew()
                try:
                    self._index(service, declared, running)
                except IndexRefused as error:
                    refused.append(str(error))
            if refused:
                raise IndexRefused("\n".join(refused))
            for change in changes_of(service):
                lock.renew()
                carry_out(change, lock, self._tell)
            note_release(lock.preparations, service, settings.LEADMESH_VERSION, running)

    def _index(self, service: str, declared: Declared, running: str | None) -> None:
        collection = database(service)[declared.name]
        created = ensure_indexes(collection, declared.indexes)
        dropped = drop_indexes(collection, declared.replaces, running)
        for what, names in (("created", created), ("dropped", dropped)):
            if names:
                self._tell(f"  {declared.name}: {what} {', '.join(names)}")

    def _tell(self, line: str) -> None:
        if self.verbosity:
            self.stdout.write(line)
            self.stdout.flush()


def _by_database() -> list[list[str]]:
    """Return the services of this process, those together that share a database."""
    found: dict[tuple[str, str], list[str]] = {}
    for service in settings.SERVICES:
        found.setdefault(database_of(alias_of(service)), []).append(service)
    return list(found.values())
