"""Event handlers of auth for invitations."""

from core.events.envelope import Event
from core.events.handlers import handles
from core.events.projections import upsert_newer
from services.auth.invitations.models import INVITATIONS


@handles("invitation.changed", service="auth")
def invitation_changed(event: Event) -> None:
    """Keep the copy."""
    upsert_newer(INVITATIONS, event.payload.id, event.version, event.payload.members(without=("id",)))
