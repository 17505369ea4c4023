"""The one place where an exception becomes an answer, always in the contract's shape, never with a stack trace."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from pymongo.errors import DuplicateKeyError, PyMongoError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from core import errors
from core.api.rendering import json_response
from core.documents.placement import Moving
from core.documents.transactions import is_passing
from core.errors import AuthenticationFailed, Message, Problem

log = structlog.get_logger("leadmesh.errors")

Answer = tuple[int, dict[str, Any], dict[str, str]]
_AWAY = "Service temporarily unavailable"
_CLASH = "A document with these values already exists"
_STATUSES: dict[type[Problem], int] = {
    errors.BadRequest: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.PayloadTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}
# Names that NestJS gives where Python's HTTP phrases differ.
_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Entity"}


def error_body(status: int, message: Message, *, bare: bool = False) -> dict[str, Any]:
    """Return the contract's error body. It has no member `error` on 500 and when `bare` (a bad token)."""
    body: dict[str, Any] = {"message": message}
    if status != HTTPStatus.INTERNAL_SERVER_ERROR and not bare:
        body["error"] = _PHRASES.get(status) or HTTPStatus(status).phrase
    return {**body, "statusCode": status}


def answer_to(error: Exception, method: str, path: str) -> Answer:
    """Return status, body and headers for `error`, raised while `method` `path` was handled."""
    if isinstance(error, Problem):
        return _problem_answer(error)
    if isinstance(error, PyMongoError):
        return _database_answer(error, method, path)
    status, message = _status_and_message(error, method, path)
    if status == 500:
        log.error("unhandled_error", exc_info=error, method=method, path=path)
    return status, error_body(status, message), {}


def _problem_answer(problem: Problem) -> Answer:
    status = next((_STATUSES[kind] for kind in type(problem).__mro__ if kind in _STATUSES), 500)
    headers, bare = {}, False
    if isinstance(problem, AuthenticationFailed):
        headers, bare = {"WWW-Authenticate": "Bearer"}, problem.bare
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return status, problem.body or {**error_body(status, problem.message, bare=bare), **problem.more}, headers


def _status_and_message(error: Exception, method: str, path: str) -> tuple[int, Any]:
    if isinstance(error, Http404 | drf.MethodNotAllowed):
        return 404, f"Cannot {method} {path}"
    table: list[tuple[type[Exception], int, Any]] = [
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
        return 503, error_body(503, _AWAY), {"Retry-After": "1"} if isinstance(error, Moving) else {}
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
