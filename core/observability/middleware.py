"""The outermost middleware: request id, instance header, one log line per request."""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.observability.context import acceptable_request_id, bind

log = structlog.get_logger("leadmesh.request")

Handler = Callable[[HttpRequest], HttpResponse]
# Of every 503 that does not set its own.
_RETRY_SECONDS = "2"
# Probes come every second or two from every side; their answers are metrics, not news.
_QUIET = ("/health", "/metrics", "/static/")


class RequestContextMiddleware:
    """Binds the request id to the logs, answers with it and with the instance's name, and logs the outcome."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle `request` inside its log context."""
        request_id = acceptable_request_id(request.headers.get("X-Request-ID"))
        started = time.perf_counter()
        with bind(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            response["x-leadmesh-instance"] = settings.LEADMESH_INSTANCE
            if response.status_code == 503:
                response.headers.setdefault("Retry-After", _RETRY_SECONDS)
            if not request.path.startswith(_QUIET):
                self._log(request, response, time.perf_counter() - started)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        principal = getattr(request, "principal", None)
        match = request.resolver_match
        log.info(
            "request",
            method=request.method,
            path=shown_path(request),
            route=match.route if match else None,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            tenant=principal.tenant_id if principal else None,
            user=principal.user_id if principal else None,
        )


def shown_path(request: HttpRequest) -> str:
    """Return the path as logs and traces may show it: a token in it (a route's `<token>`) is left out."""
    match = request.resolver_match
    token = match.kwargs.get("token") if match else None
    return request.path.replace(token, "...") if token else request.path
