"""URLs of credentials."""

from core.api.routing import route
from services.auth.passwords.api import (
    ChangePassword,
    ForgotPassword,
    Register,
    ResendVerification,
    ResetPassword,
    ValidateResetToken,
    VerifyEmail,
)

PATTERNS = [
    route("api/auth/register", Register),
    route("api/auth/change-password", ChangePassword),
    route("api/auth/forgot-password", ForgotPassword),
    route("api/auth/reset-password", ResetPassword),
    route("api/auth/validate-reset-token", ValidateResetToken),
    route("api/auth/verify-email", VerifyEmail),
    route("api/auth/resend-verification", ResendVerification),
]
