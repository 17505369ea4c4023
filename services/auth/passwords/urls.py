"""URLs of credentials."""

from core.api.routing import route
from services.auth.passwords.api import ChangePassword, Login, Register, ResendVerification, VerifyEmail

PATTERNS = [
    route("api/auth/register", Register),
    route("api/auth/login", Login),
    route("api/auth/change-password", ChangePassword),
    route("api/auth/verify-email", VerifyEmail),
    route("api/auth/resend-verification", ResendVerification),
]
