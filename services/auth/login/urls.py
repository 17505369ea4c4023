"""URL of logging in."""

from core.api.routing import route
from services.auth.login.api import Login

PATTERNS = [route("api/auth/login", Login)]
