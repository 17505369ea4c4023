"""Event handlers of users for accepted invitations."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.users.invitations.actions import note_acceptance


@handles("account.registered", service="users")
def account_registered(event: Event) -> None:
    """Close the invitation that a new account came from; the person exists by now (accounts' own handler ran)."""
    if event.payload.invitation_id:
        note_acceptance(event.payload.invitation_id, event.payload.user_id)
