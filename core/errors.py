"""Everything that a use case may refuse, in words that know no HTTP; `core.api.handler` makes the answers."""

from typing import Any, TypeVar

T = TypeVar("T")
Message = str | list[str]

OUTSIDER = "User does not have access to this tenant"


class Problem(Exception):
    """A use case that cannot be done; raised anywhere, answered in one place.

    message: a sentence, or a list of them for validation. body: the whole of what the caller is told, where the contract has
    another shape than the message. more: what the caller is told beside the message. retry_after: seconds after which trying
    again may help.
    """

    message: Message = "Internal Server Error"

    def __init__(
        self,
        message: Message = "",
        *,
        body: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message or self.message
        self.body = body
        self.more = more or {}
        self.retry_after = retry_after


class BadRequest(Problem):
    """The request cannot be understood or breaks a rule."""

    message = "Bad Request"


class Unauthorized(Problem):
    """The caller is not known."""

    message = "Unauthorized"


class AuthenticationFailed(Unauthorized):
    """The token is not valid, or its user may no longer sign in. `message` is the contract's text (auth-rules §3);
    `bare` leaves the member `error` out of the body, as the old guard did for a bad token."""

    def __init__(self, message: str = "", *, bare: bool = False) -> None:
        super().__init__(message)
        self.bare = bare or self.message == "Unauthorized"


class Forbidden(Problem):
    """The caller is known and may not do this."""

    message = "Forbidden resource"


class NoTenant(Forbidden):
    """A caller without tenant, or an operator who has chosen none, asked for what only a tenant has."""

    message = OUTSIDER


class NotFound(Problem):
    """There is no such thing in the caller's tenant."""

    message = "Not Found"


class Conflict(Problem):
    """The request conflicts with stored data."""

    message = "Conflict"


class PreconditionFailed(Problem):
    """The document changed since the caller read it."""

    message = "Precondition Failed"


class PayloadTooLarge(Problem):
    """The body is larger than the route accepts."""

    message = "Payload Too Large"


class UnsupportedMediaType(Problem):
    """The body has an encoding or a type that we cannot read."""

    message = "Unsupported Media Type"


class TooManyRequests(Problem):
    """Too many requests: try again after `retry_after` seconds, which the body says too, as the old throttle's did."""

    message = "Too Many Requests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, more={"retryAfter": retry_after}, retry_after=retry_after)


class Unavailable(Problem):
    """Something that we need is away; trying again later may help."""

    message = "Service Unavailable"


def existing(found: T | None, message: str) -> T:
    """Return what was looked for. Raises NotFound with `message` when there is none."""
    if found is None:
        raise NotFound(message)
    return found
