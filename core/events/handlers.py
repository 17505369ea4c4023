"""Who handles what. A service's `tasks.py` registers its handlers; core registers its own for every service."""

from collections import defaultdict
from collections.abc import Callable

from core.events.catalogue import EVENTS
from core.events.envelope import Event
from core.identity import access, keys
from platform_services import SERVICES

Handler = Callable[[Event], None]

_registry: dict[tuple[str, str], list[Handler]] = defaultdict(list)


def handles(*names: str, service: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of the events `names` in `service`. It runs inside a transaction together
    with the inbox record, must work only on its own service's documents, and may run again after a failure.

    Raises ValueError when the catalogue does not name `service` as a subscriber."""

    for name in names:
        if service not in EVENTS[name].subscribers:
            raise ValueError(f"{service} is no subscriber of {name}: see core/events/catalogue.py")

    def register(handler: Handler) -> Handler:
        for name in names:
            if handler not in _registry[service, name]:
                _registry[service, name].append(handler)
        return handler

    return register


def handlers_of(service: str, name: str) -> list[Handler]:
    """Return the handlers of the event `name` in `service`."""
    return _registry[service, name]


def _register_core(service: str) -> None:
    @handles("access.changed", service=service)
    def access_changed(event: Event) -> None:
        access.apply_access_change(service, event.payload.members(), event.version)

    @handles("session.revoked", service=service)
    def session_revoked(event: Event) -> None:
        access.apply_session_revocation(service, event.payload.members())

    @handles("keys.revoked", service=service)
    def keys_revoked(event: Event) -> None:
        keys.apply_key_revocation(service, event.payload.kids, event.payload.keys)

    @handles("tenant.created", "tenant.updated", "tenant.deleted", service=service)
    def tenant_changed(event: Event) -> None:
        access.apply_tenant(service, event.payload.members(), event.version)


for _service in SERVICES:
    _register_core(_service)
