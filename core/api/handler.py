"""The one place where an exception becomes an answer, always in the contract's shape, never with a stack trace."""

from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from pymongo.errors import DuplicateKeyError, PyMongoError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from core.api.errors import Problem, error_body
from core.api.rendering import json_response
from core.documents.scope import NoTenant
from core.documents.transactions import is_passing
from core.identity.principals import OUTSIDER, AccessDenied, AuthenticationFailed

log = structlog.get_logger("leadmesh.errors")

Answer = tuple[int, dict[str, Any], dict[str, str]]
_AWAY = "Service temporarily unavailable"
_CLASH = "A document with these values already exists"


def answer_to(error: Exception, method: str, path: str) -> Answer:
    """Return status, body and headers for `error`, raised while `method` `path` was handled."""
    if isinstance(error, Problem):
        return error.status, error.body or error_body(error.status, error.message), error.headers
    if isinstance(error, AuthenticationFailed):
        return 401, error_body(401, error.message, bare=error.bare), {"WWW-Authenticate": "Bearer"}
    if isinstance(error, PyMongoError):
        return _database_answer(error, method, path)
    status, message = _status_and_message(error, method, path)
    if status == 500:
        log.error("unhandled_error", exc_info=error, method=method, path=path)
    return status, error_body(status, message), {}


def _status_and_message(error: Exception, method: str, path: str) -> tuple[int, Any]:
    if isinstance(error, Http404 | drf.MethodNotAllowed):
        return 404, f"Cannot {method} {path}"
    table: list[tuple[type[Exception], int, Any]] = [
        (AccessDenied, 403, getattr(error, "message", "")),
        (NoTenant, 403, OUTSIDER),
        (drf.ValidationError, 400, getattr(error, "detail", "")),
        (RequestDataTooBig, 413, "request entity too large"),
        (drf.APIException, getattr(error, "status_code", 500), str(getattr(error, "detail", ""))),
        (SuspiciousOperation, 400, "Bad Request"),
    ]
    for kind, status, message in table:
        if isinstance(error, kind):
            return status, message
    return 500, "Internal server error"


def _database_answer(error: PyMongoError, method: str, path: str) -> Answer:
    if isinstance(error, DuplicateKeyError):
        return 409, error_body(409, _CLASH), {}
    if is_passing(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return 503, error_body(503, _AWAY), {}
    log.error("unhandled_error", exc_info=error, method=method, path=path)
    return 500, error_body(500, "Internal server error"), {}


def contract_exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler."""
    request = context["request"]
    status, body, headers = answer_to(error, request.method, request.get_full_path())
    return Response(body, status=status, headers=headers)


def answer_outside_drf(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer for an error raised outside of a DRF view."""
    status, body, headers = answer_to(error, request.method or "GET", request.get_full_path())
    return json_response(body, status, headers)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer_outside_drf(request, Http404())


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: the error itself was logged by ContractErrorsMiddleware."""
    return json_response(error_body(500, "Internal server error"), 500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return answer_outside_drf(request, exception)
