"""Which database an app's models live in: `leads_queueing` belongs to the service `leads`."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from core.documents.database import alias_of


def service_of(app_label: str) -> str | None:
    """Return the service that owns the app `app_label`, or None for Django's and core's own apps.

    The underscore tells `auth_tokens`, which is ours, from Django's `auth`."""
    service, underscore, _ = app_label.partition("_")
    return service if underscore and service in settings.PLATFORM_SERVICES else None


class ServiceRouter:
    """Sends each model to its owner's database; apps without an owner live in `default`."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Return the database alias of `model`."""
        service = service_of(model._meta.app_label)
        return alias_of(service) if service else DEFAULT_DB_ALIAS

    db_for_write = db_for_read

    def allow_relation(self, first: object, second: object, **hints: object) -> bool:
        """Allow relations only inside one database."""
        return self.db_for_read(type(first)) == self.db_for_read(type(second))

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        """Migrate an app only where it lives."""
        service = service_of(app_label)
        return database_of(db) == database_of(alias_of(service) if service else DEFAULT_DB_ALIAS)


def database_of(alias: str) -> tuple[str, str]:
    """Return what distinguishes the databases of aliases. In brownfield mode several aliases are one database, with one list of
    applied migrations: whichever alias comes first must apply them all, or they would be noted as applied and never run."""
    described = settings.DATABASES[alias]
    return described["HOST"], described["NAME"]
