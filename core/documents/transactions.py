"""One MongoDB transaction around a use case, together with its outbox records, retried on transient errors.

Django's own `transaction.atomic` does nothing on MongoDB and is banned by lint (docs/decisions).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import AutoReconnect, ConnectionFailure, PyMongoError, ServerSelectionTimeoutError

from core.documents.driver import client, place
from core.documents.placement import followed, is_fenced, pinned

P = ParamSpec("P")
T = TypeVar("T")

# A use case must end while its caller still waits (gateway timeout 30 s), retries included.
TRANSACTION_SECONDS = 15


@dataclass
class Transaction:
    """A running transaction of one service and what to do once it is durable."""

    service: str
    session: ClientSession
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def join(self, work: Callable[[], T]) -> T:
        """Do the work of a transaction inside of this one."""
        return work()


_running: ContextVar[Transaction | None] = ContextVar("leadmesh_transaction", default=None)


def transactional(service: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate an action of `service` so that it runs in one transaction; a nested one joins the outer.

    The function may run several times (write conflicts, elections), so it must have no effect outside MongoDB;
    such effects belong into `on_commit`. Raises RuntimeError when nested in another service's transaction.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            return in_transaction(service, lambda: function(*args, **kwargs))

        return run

    return decorate


def in_transaction(service: str, work: Callable[[], T], *, seconds: float = TRANSACTION_SECONDS) -> T:
    """Run `work` in a transaction on the database of `service` and return its result; see `transactional`.

    It is tried again for `seconds` at most, then the last error is raised; without a primary it is not tried again."""
    outer = _running.get()
    if outer is not None:
        if outer.service != service:
            raise RuntimeError(f"a transaction of {outer.service} cannot span {service}: use an event")
        return outer.join(work)
    committed: list[Transaction] = []

    def attempt(session: ClientSession) -> T:
        transaction = Transaction(service, session)
        committed[:] = [transaction]
        try:
            with running(transaction), pinned(service, place(service)):
                return work()
        except ServerSelectionTimeoutError as error:
            # Without the label that lets it be tried again: the driver has waited for a primary, and the caller still waits.
            raise AutoReconnect(str(error)) from error

    def run() -> T:
        with pymongo.timeout(seconds), client(service).start_session() as session:
            return session.with_transaction(attempt)

    result = followed(service, lambda: place(service), run)
    for hook in committed[0].after_commit:
        hook()
    return result


@contextmanager
def running(transaction: Transaction) -> Iterator[None]:
    """Let the block's reads and writes, and its transactions, join `transaction`, which its caller has begun and ends."""
    token = _running.set(transaction)
    try:
        yield
    finally:
        _running.reset(token)


def current_session(service: str) -> ClientSession | None:
    """Return the session of the running transaction of `service`, or None outside of one."""
    transaction = _running.get()
    return transaction.session if transaction is not None and transaction.service == service else None


def on_commit(hook: Callable[[], None]) -> None:
    """Call `hook` once the running transaction is durable, or now when there is none. Hooks must not raise."""
    transaction = _running.get()
    if transaction is None:
        hook()
    else:
        transaction.after_commit.append(hook)


def is_passing(error: Exception) -> bool:
    """Whether `error` is a transient one of the database: it is away, too slow, or another transaction holds a lock,
    perhaps by a process that was killed (MongoDB frees those after transactionLifetimeLimitSeconds)."""
    if not isinstance(error, PyMongoError):
        return False
    transient = error.timeout or error.has_error_label("TransientTransactionError")
    return isinstance(error, ConnectionFailure) or transient or is_fenced(error)


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Run the block's reads and writes outside of the running transaction: they are durable, and visible to others, at once."""
    token = _running.set(None)
    try:
        yield
    finally:
        _running.reset(token)


def best_effort(function: Callable[P, Any]) -> Callable[P, None]:
    """Wrap a write that may be lost (an activity log, a last-seen time) so that its failure never fails the request."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(PyMongoError):
            function(*args, **kwargs)

    return run
