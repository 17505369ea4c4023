"""Effects that no transaction takes back: whoever makes one says so first, so that a dry run can refuse it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.errors import Unavailable

_forbidden: ContextVar[list[str] | None] = ContextVar("leadmesh_effects", default=None)


def outside(what: str) -> None:
    """Say that `what` (a few words) is about to happen outside of the running transaction. Raises Unavailable in a dry run."""
    refused = _forbidden.get()
    if refused is not None:
        refused.append(what)
        raise Unavailable(f"A dry run makes no {what}")


def are_forbidden() -> bool:
    """Whether this is a dry run: what is only there to slow callers down can be left out."""
    return _forbidden.get() is not None


@contextmanager
def forbidden() -> Iterator[list[str]]:
    """Refuse effects inside the block, and give the list of those that were tried."""
    refused = list[str]()
    token = _forbidden.set(refused)
    try:
        yield refused
    finally:
        _forbidden.reset(token)
