"""URLs of logging in."""

from core.api.routing import route
from services.auth.login.api import Login, SignIn, SignOut

PATTERNS = [
    route("api/auth/login", Login),
    route("internal/auth/sign-in", SignIn),
    route("internal/auth/sign-out", SignOut),
]
