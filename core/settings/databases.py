"""Where each service's documents live: one database per service, or one shared database (brownfield mode)."""

from typing import Any

from core.settings import env

ENGINE = "core.documents.engine"

# Seconds scale: a request must fail while its caller still waits (gateway timeout 30 s), not hang with the database.
_OPTIONS = {
    "appname": "leadmesh",
    "retryWrites": True,
    "w": "majority",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    "maxPoolSize": 50,
    "uuidRepresentation": "standard",
}


def database_settings(name: str, members: tuple[str, ...]) -> dict[str, Any]:
    """Return DATABASES with one alias per service in `members`, `default` being the first of them.

    `MONGODB_URI` and `MONGODB_NAME` hold for all services (a shared `MONGODB_NAME` is the brownfield mode);
    `<SERVICE>_MONGODB_URI` and `<SERVICE>_MONGODB_NAME` override them for one.
    """
    aliases = {member: _database(member, name) for member in members}
    default = aliases.pop(members[0])
    return {
        "DATABASES": {"default": default, **aliases},
        "DATABASE_ROUTERS": ["core.documents.routers.ServiceRouter"],
        "DEFAULT_AUTO_FIELD": "django_mongodb_backend.fields.ObjectIdAutoField",
        "MIGRATION_MODULES": {
            "admin": "core.admin.contrib_migrations.admin",
            "auth": "core.admin.contrib_migrations.auth",
            "contenttypes": "core.admin.contrib_migrations.contenttypes",
        },
    }


def _database(service: str, process: str) -> dict[str, Any]:
    shared_name = env.text("MONGODB_NAME")
    uri = env.text("MONGODB_URI", "mongodb://127.0.0.1:27017/?replicaSet=rs0")
    return {
        "ENGINE": ENGINE,
        "HOST": env.text(f"{service.upper()}_MONGODB_URI", uri),
        "NAME": env.text(f"{service.upper()}_MONGODB_NAME", shared_name or f"leadmesh_{service}"),
        "OPTIONS": _OPTIONS | {"appname": f"leadmesh-{process}"},
    }
