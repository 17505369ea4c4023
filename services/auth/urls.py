"""URLs of the service auth."""

from core.api.urls import handler400, handler404, handler500, service_urls
from services.auth.addresses.urls import PATTERNS as ADDRESSES
from services.auth.google.urls import PATTERNS as GOOGLE
from services.auth.invitations.urls import PATTERNS as INVITATIONS
from services.auth.login.urls import PATTERNS as LOGIN
from services.auth.mfa.urls import PATTERNS as MFA
from services.auth.passwords.urls import PATTERNS as PASSWORDS
from services.auth.sessions.urls import PATTERNS as SESSIONS
from services.auth.tokens.urls import PATTERNS as TOKENS

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = TOKENS + SESSIONS + PASSWORDS + MFA + LOGIN + ADDRESSES + GOOGLE + INVITATIONS

urlpatterns = service_urls("auth", PATTERNS)
