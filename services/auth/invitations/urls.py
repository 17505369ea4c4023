"""Public URLs of invitations."""

from core.api.routing import route
from services.auth.invitations.api import AcceptInvitation, ValidateInvitation

PATTERNS = [
    route("api/auth/accept-invitation", AcceptInvitation),
    route("api/auth/validate-invitation/<token>", ValidateInvitation),
]
