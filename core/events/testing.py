"""For tests: the whole way of events inside one process, without a broker."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from core.events import inbox, outbox
from core.events.transport import captured

_TASKS: dict[str, Callable[..., Any]] = {"events.receive": inbox.receive, "events.acknowledge": outbox.acknowledge}


def deliver_all() -> None:
    """Dispatch, apply and acknowledge until no event of any service in this process is due."""
    while any(_deliver(service) for service in settings.SERVICES):
        pass


def _deliver(service: str) -> int:
    with captured() as messages:
        sent = outbox.dispatch(service)
        while messages:
            task, arguments = messages.pop(0)
            # Announcements of new events change nothing here: this loop looks for them itself.
            if task in _TASKS:
                _TASKS[task](*arguments)
    return sent
