"""URLs of Google sign-in."""

from core.api.routing import route
from services.auth.google.api import Begin, Callback, Register

PATTERNS = [
    route("api/auth/google", Begin),
    route("api/auth/google/callback", Callback),
    route("api/auth/register/google", Register),
]
