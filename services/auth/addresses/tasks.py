"""Event handlers of auth for addresses."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.addresses import actions


@handles("user.email_requested", service="auth")
def email_requested(event: Event) -> None:
    """Ask the new address to confirm, inform the old one."""
    actions.propose(event.payload.user_id, event.payload.email)


@handles("user.updated", service="auth")
def address_followed(event: Event) -> None:
    """Change the credential too; the directory has the change already."""
    actions.follow(event.payload.user_id)
