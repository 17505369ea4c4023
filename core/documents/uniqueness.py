"""What a clash with a unique index means to a use case."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import DuplicateKeyError

from core.errors import Problem


@contextmanager
def unique_or(problem: type[Problem], message: str) -> Iterator[None]:
    """Raise `problem` with `message` when the block, or the decorated function, meets a document with the same unique values.

    Put it outside of the transaction: one that met a duplicate is lost."""
    try:
        yield
    except DuplicateKeyError:
        raise problem(message) from None
