"""The WSGI application of a process, with tracing started after gunicorn's fork."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from core.api.bodies import MOST_BYTES
from core.observability.tracing import start_tracing


def service_application() -> Any:
    """Return the WSGI application of the service in DJANGO_SETTINGS_MODULE."""
    # First: it adds a middleware, which must be there when the application is built.
    start_tracing(settings.SERVICE_NAME, settings.LEADMESH_INSTANCE)
    application = get_wsgi_application()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Django reads as much as Content-Length says: a body in chunks has none, and would seem to be empty.
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            environ["CONTENT_LENGTH"] = str(MOST_BYTES + 1)
        return application(environ, start_response)

    return answer
