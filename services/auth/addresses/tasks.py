"""What auth hears of addresses."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.addresses import actions


@handles("user.email_requested", service="auth")
def email_requested(event: Event) -> None:
    """Ask the new address, tell the old one."""
    actions.propose(event.payload.user_id, event.payload.email)


@handles("user.updated", service="auth")
def address_followed(event: Event) -> None:
    """Let the credential follow; the directory has heard of it already."""
    actions.follow(event.payload.user_id)
