"""URLs of the own second factor."""

from core.api.routing import route
from services.auth.mfa.api import Disable, Setup, Verify

PATTERNS = [
    route("api/auth/mfa/setup", Setup),
    route("api/auth/mfa/verify", Verify),
    route("api/auth/mfa/disable", Disable),
]
