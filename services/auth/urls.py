"""URLs of the service auth."""

from core.api.urls import handler400, handler404, handler500, service_urls
from services.auth.passwords.urls import PATTERNS as PASSWORDS
from services.auth.sessions.urls import PATTERNS as SESSIONS
from services.auth.tokens.urls import PATTERNS as TOKENS

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = TOKENS + SESSIONS + PASSWORDS

urlpatterns = service_urls("auth", PATTERNS)
