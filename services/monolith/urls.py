"""URLs of the monolith: those of all five services."""

from core.api.urls import handler400, handler404, handler500, service_urls
from services.analytics.urls import PATTERNS as ANALYTICS
from services.auth.urls import PATTERNS as AUTH
from services.buyers.urls import PATTERNS as BUYERS
from services.leads.urls import PATTERNS as LEADS
from services.users.urls import PATTERNS as USERS

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

urlpatterns = service_urls("monolith", AUTH + USERS + LEADS + BUYERS + ANALYTICS)
