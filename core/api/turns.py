"""Work that holds a thread for as long as its sender likes: one at a time for each caller, so that none takes all threads."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from core.errors import TooManyRequests

_RETRY_SECONDS = 5
_taken: set[tuple[str, str]] = set()
_lock = threading.Lock()


def one_at_a_time(what: str, refusal: str) -> Callable[[Any], Any]:
    """Return a decorator of a view's method: while a process handles one request of a caller under the name `what`, it answers
    their next one 429 with the sentence `refusal` before its body is read."""

    def decorate(method: Any) -> Any:
        @wraps(method)
        def handle(view: Any, request: Any, **names: str) -> Any:
            turn = (what, view.principal.user_id)
            with _lock:
                if turn in _taken:
                    raise TooManyRequests(refusal, _RETRY_SECONDS)
                _taken.add(turn)
            try:
                return method(view, request, **names)
            finally:
                with _lock:
                    _taken.discard(turn)

        return handle

    return decorate
