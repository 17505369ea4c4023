"""Everything that can go wrong for a caller, as the contract writes it: `{statusCode, message, error}`."""

from http import HTTPStatus
from typing import Any

Message = str | list[str]


class Problem(Exception):
    """A use case that cannot be done; raised by actions and queries, rendered by `core.api.handler`.

    `message` is a sentence, or a list of them for validation; `body` replaces the whole answer where the contract has
    another shape; `headers` are added to the answer.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(
        self, message: Message = "", *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message or self.status.phrase
        self.body = body
        self.headers = headers or {}


class BadRequest(Problem):
    """400: the request cannot be understood or breaks a rule."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(Problem):
    """401: who is calling is not known."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Problem):
    """403: the caller may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """404: no such thing in the caller's tenant."""

    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    """409: it clashes with what is there."""

    status = HTTPStatus.CONFLICT


class PreconditionFailed(Problem):
    """412: the document changed since the caller read it."""

    status = HTTPStatus.PRECONDITION_FAILED


class PayloadTooLarge(Problem):
    """413: the body is larger than the route takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(Problem):
    """415: the body is packed or written in a way that we cannot read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TooManyRequests(Problem):
    """429: later. `retry_after` is in seconds; the body keeps the old throttle's member of that name."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, retry_after: int) -> None:
        body = {"statusCode": 429, "message": message, "error": "Too Many Requests", "retryAfter": retry_after}
        super().__init__(message, body=body, headers={"Retry-After": str(retry_after)})


class Unavailable(Problem):
    """503: something we need is away; trying again later may help."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


# Names that NestJS gives where Python's HTTP phrases differ.
_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Entity"}


def error_body(status: int, message: Message, *, bare: bool = False) -> dict[str, Any]:
    """Return the contract's error body. It has no member `error` on 500 and when `bare` (a bad token)."""
    body: dict[str, Any] = {"message": message}
    if status != HTTPStatus.INTERNAL_SERVER_ERROR and not bare:
        body["error"] = _PHRASES.get(status) or HTTPStatus(status).phrase
    return {**body, "statusCode": int(status)}
