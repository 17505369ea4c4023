"""URLs of invitations; literal segments before ids."""

from core.api.routing import route
from services.users.invitations.api import (
    CancelInvitation,
    InvitationExport,
    Invitations,
    InvitationStats,
    ResendInvitation,
)

PATTERNS = [
    route("api/admin/invitations", Invitations),
    route("api/admin/invitations/stats", InvitationStats),
    route("api/admin/invitations/<id>/cancel", CancelInvitation),
    route("api/admin/invitations/<id>/resend", ResendInvitation),
    route("internal/users/export/invitations", InvitationExport),
]
