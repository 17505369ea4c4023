"""The URLs that every service has beside its own: health, metrics, dry runs, admin, API description, static files."""

from collections.abc import Sequence
from typing import Any

from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView

from core.api.docs import docs_urls
from core.api.handler import bad_request, not_found, server_error
from core.api.routing import route

__all__ = ["handler400", "handler404", "handler500", "service_urls"]

handler400, handler404, handler500 = bad_request, not_found, server_error


def service_urls(name: str, patterns: Sequence[object]) -> list[Any]:
    """Return the URL patterns of the service `name`: its own `patterns` and what every service has."""
    # Health, dry runs and the admin are layers above: they are named here as text, not imported.
    return [
        *patterns,
        path("", include("core.health.urls")),
        path("", include("core.dryrun.urls")),
        route("metrics", ExportToDjangoView),
        *docs_urls(name),
        path(f"admin/{name}/", include("core.admin.urls")),
    ]
