"""The WSGI application of a process, with tracing started after gunicorn's fork."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.api.bodies import MOST_BYTES
from core.observability.tracing import start_tracing

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def service_application() -> Application:
    """Return the WSGI application of the service in DJANGO_SETTINGS_MODULE."""
    # First: it adds a middleware, which must be there when the application is built.
    start_tracing(settings.SERVICE_NAME, settings.LEADMESH_INSTANCE)
    return whole_chunks(get_wsgi_application())


def whole_chunks(application: Application) -> Application:
    """Return `application` so that it reads bodies in chunks too: Django reads as much as Content-Length says, and such a body
    has none."""

    def answer(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            environ["CONTENT_LENGTH"] = str(MOST_BYTES + 1)
        return application(environ, start_response)

    return answer
