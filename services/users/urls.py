"""URLs of the service users."""

from core.api.urls import handler400, handler404, handler500, service_urls
from services.users.accounts.urls import PATTERNS as ACCOUNTS
from services.users.activity.urls import PATTERNS as ACTIVITY
from services.users.invitations.urls import PATTERNS as INVITATIONS
from services.users.preferences.urls import PATTERNS as PREFERENCES
from services.users.roles.urls import PATTERNS as ROLES
from services.users.tenants.urls import PATTERNS as TENANTS

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

# Literal segments (preferences, activity) before ids.
PATTERNS = PREFERENCES + ACTIVITY + ACCOUNTS + TENANTS + INVITATIONS + ROLES

urlpatterns = service_urls("users", PATTERNS)
