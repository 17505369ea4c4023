"""The ids of what is being done now: bound once, in every log line, passed on to workers and other services."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

# What a caller may choose as id: the front end sends req_<ms>_<random>; anything else could forge log lines.
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@contextmanager
def bind(**ids: object) -> Iterator[None]:
    """Put `ids` (request_id, tenant, user, event ...) into every log line written inside the block."""
    with structlog.contextvars.bound_contextvars(**{name: value for name, value in ids.items() if value is not None}):
        yield


def current_request_id() -> str | None:
    """Return the id of the request or event being handled, or None."""
    value = structlog.contextvars.get_contextvars().get("request_id")
    return None if value is None else str(value)


def acceptable_request_id(value: str | None) -> str:
    """Return `value` when a caller may use it as request id, else a new id."""
    return value if value and _ACCEPTABLE.fullmatch(value) else uuid.uuid4().hex
