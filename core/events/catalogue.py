"""Every event of the platform: its publisher, its subscribers, its payload.

The one place in core where services are named: a publisher's container must know whose queues to fill without holding their
code, and a subscriber that has never run yet must lose nothing.
"""

from dataclasses import dataclass

from core.events import payloads
from platform_services import SERVICES

AUTH, USERS, LEADS, BUYERS, ANALYTICS = SERVICES


@dataclass(frozen=True, slots=True)
class EventType:
    """An event: its name, version, publisher, subscribers and payload."""

    name: str
    owner: str
    subscribers: tuple[str, ...]
    payload: type[payloads.Payload]
    version: int = 1


_TYPES = [
    EventType("account.registered", AUTH, (USERS,), payloads.AccountRegistered),
    EventType("account.verified", AUTH, (USERS,), payloads.AccountVerified),
    EventType("account.profile_changed", AUTH, (USERS,), payloads.AccountProfileChanged),
    EventType("account.linked", AUTH, (USERS,), payloads.AccountLinked),
    EventType("account.email_changed", AUTH, (USERS,), payloads.AccountEmailChanged),
    EventType("account.activity", AUTH, (USERS, ANALYTICS), payloads.AccountActivity),
    EventType("session.revoked", AUTH, SERVICES, payloads.SessionRevoked),
    EventType("keys.revoked", AUTH, SERVICES, payloads.KeysRevoked),
    EventType("user.created", USERS, (AUTH, LEADS, ANALYTICS), payloads.UserSnapshot),
    EventType("user.updated", USERS, (AUTH, LEADS, ANALYTICS), payloads.UserSnapshot),
    EventType("user.deleted", USERS, (AUTH, LEADS, ANALYTICS), payloads.UserSnapshot),
    EventType("user.email_requested", USERS, (AUTH,), payloads.EmailRequested),
    EventType("access.changed", USERS, SERVICES, payloads.AccessChanged),
    EventType("invitation.changed", USERS, (AUTH,), payloads.InvitationSnapshot),
    EventType("tenant.created", USERS, SERVICES, payloads.TenantSnapshot),
    EventType("tenant.updated", USERS, SERVICES, payloads.TenantSnapshot),
    EventType("tenant.deleted", USERS, SERVICES, payloads.TenantSnapshot),
    EventType("lead.created", LEADS, (BUYERS, ANALYTICS), payloads.LeadSnapshot),
    EventType("lead.updated", LEADS, (BUYERS, ANALYTICS), payloads.LeadSnapshot),
    EventType("lead.status_changed", LEADS, (LEADS, BUYERS, ANALYTICS), payloads.LeadSnapshot),
    EventType("lead.assigned", LEADS, (LEADS, BUYERS, ANALYTICS), payloads.LeadSnapshot),
    EventType("lead.deleted", LEADS, (LEADS, BUYERS, ANALYTICS), payloads.LeadSnapshot),
    EventType("buyer.created", BUYERS, (BUYERS, ANALYTICS), payloads.BuyerSnapshot),
    EventType("buyer.updated", BUYERS, (BUYERS, ANALYTICS), payloads.BuyerSnapshot),
    EventType("buyer.deleted", BUYERS, (BUYERS, ANALYTICS), payloads.BuyerSnapshot),
    EventType("buyer.match.updated", BUYERS, (ANALYTICS,), payloads.MatchUpdated),
]

EVENTS = {event.name: event for event in _TYPES}


@dataclass(frozen=True, slots=True)
class Export:
    """All entities of one kind, page by page at `/internal/<owner>/export/<name>`, in the payload of `event`.

    own: the owner keeps a copy itself (its access table)."""

    name: str
    event: str
    own: bool = False

    @property
    def owner(self) -> str:
        """The service that has them."""
        return EVENTS[self.event].owner

    @property
    def subscribers(self) -> tuple[str, ...]:
        """The services that keep copies."""
        return tuple(service for service in EVENTS[self.event].subscribers if self.own or service != self.owner)


EXPORTS = (
    Export("tenants", "tenant.updated", own=True),
    Export("users", "user.updated"),
    Export("access", "access.changed", own=True),
    Export("invitations", "invitation.changed"),
    Export("leads", "lead.updated"),
    Export("buyers", "buyer.updated"),
)
