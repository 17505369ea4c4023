"""For tests: the whole way of events inside one process, without a broker."""

from typing import Any

from django.conf import settings

from core.events import inbox, outbox, transport


def deliver_all() -> None:
    """Dispatch, apply and acknowledge until no event of any service in this process is due."""
    while any(_deliver(service) for service in settings.SERVICES):
        pass


def _deliver(service: str) -> int:
    messages: list[tuple[str, list[Any]]] = []
    original = transport.send
    outbox.send = inbox.send = lambda task, queue, arguments: messages.append((task, arguments))
    try:
        sent = outbox.dispatch(service)
        while messages:
            task, arguments = messages.pop(0)
            {"events.receive": inbox.receive, "events.acknowledge": outbox.acknowledge}[task](*arguments)
    finally:
        outbox.send = inbox.send = original
    return sent
