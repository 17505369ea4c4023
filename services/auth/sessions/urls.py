"""URLs of sessions."""

from core.api.routing import route
from services.auth.sessions.api import Logout, LogoutAll, OwnSession, Refresh, SessionExtend, Sessions, SessionTimeout

PATTERNS = [
    route("api/auth/refresh", Refresh),
    route("api/auth/logout", Logout),
    route("api/auth/logout/all", LogoutAll),
    route("api/auth/sessions", Sessions),
    route("api/auth/sessions/<sessionId>", OwnSession),
    route("api/auth/session/timeout", SessionTimeout),
    route("api/auth/session/extend", SessionExtend),
]
