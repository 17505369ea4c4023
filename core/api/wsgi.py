"""The WSGI application of a process, with tracing started after gunicorn's fork."""

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.observability.tracing import start_tracing


def service_application() -> Any:
    """Return the WSGI application of the service in DJANGO_SETTINGS_MODULE."""
    # First: it adds a middleware, which must be there when the application is built.
    start_tracing(settings.SERVICE_NAME, settings.LEADMESH_INSTANCE)
    return get_wsgi_application()
