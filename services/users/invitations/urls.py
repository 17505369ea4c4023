"""URLs of invitations; literal segments before ids."""

from core.api.routing import route
from core.events.exporting import export_view
from services.users.invitations.actions import snapshot
from services.users.invitations.api import (
    CancelInvitation,
    Invitations,
    InvitationStats,
    ResendInvitation,
)
from services.users.invitations.models import INVITATIONS

PATTERNS = [
    route("api/admin/invitations", Invitations),
    route("api/admin/invitations/stats", InvitationStats),
    route("api/admin/invitations/<id>/cancel", CancelInvitation),
    route("api/admin/invitations/<id>/resend", ResendInvitation),
    route("internal/users/export/invitations", export_view(INVITATIONS, snapshot)),
]
