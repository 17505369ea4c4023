"""URLs of tokens."""

from core.api.routing import route
from services.auth.tokens.api import Me, Profile, TestModeLogin, TestModeStatus, Validate, jwks

PATTERNS = [
    route(".well-known/jwks.json", jwks),
    route("api/auth/me", Me),
    route("api/auth/profile", Profile),
    route("api/auth/validate", Validate),
    route("api/auth/test-mode/status", TestModeStatus),
    route("api/auth/test-mode/login", TestModeLogin),
]
