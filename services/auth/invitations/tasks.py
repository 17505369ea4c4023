"""What auth hears of invitations."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.invitations.actions import project


@handles("invitation.changed", service="auth")
def invitation_changed(event: Event) -> None:
    """Keep the copy."""
    invitation = event.payload
    fields = {
        "email": invitation.email,
        "tokenDigest": invitation.token_digest,
        "status": invitation.status,
        "roles": invitation.roles,
        "tenantId": invitation.tenant_id,
        "expiresAt": invitation.expires_at,
        "invitedBy": invitation.invited_by,
        "message": invitation.message,
    }
    project(invitation.id, event.version, fields)
