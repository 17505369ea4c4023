"""Who talks to whom: the network policies allow this and nothing else."""

from dataclasses import dataclass

from core.events.catalogue import EXPORTS
from platform_services import SERVICES

# By every service: the sign-in to its admin, and public keys (core.admin.signin, core.identity.keys).
CALLED_BY_ALL = ("auth",)
# What a service reaches that is not of the platform: Google and mails, mails, Twilio.
OUTSIDE = {"auth": ("https", "smtp"), "users": ("smtp",), "leads": ("https",)}


@dataclass(frozen=True, slots=True)
class Edges:
    """A service's neighbours. outside: kinds of services of others."""

    calls: tuple[str, ...]
    callers: tuple[str, ...]
    outside: tuple[str, ...]


def edges() -> dict[str, Edges]:
    """Return the edges by service. Copies are compared with their owners (core.events.rebuilding).

    Facts travel through Redis: an event makes no edge between services."""
    owners = {service: {export.owner for export in EXPORTS if service in export.subscribers} for service in SERVICES}
    calls = {service: tuple(sorted({*CALLED_BY_ALL, *owners[service]})) for service in SERVICES}
    return {
        service: Edges(
            calls[service],
            tuple(sorted(other for other in SERVICES if service in calls[other])),
            OUTSIDE.get(service, ()),
        )
        for service in SERVICES
    }
