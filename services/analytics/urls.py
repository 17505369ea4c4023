"""URLs of the service analytics."""

from core.api.routing import route
from core.api.urls import handler400, handler404, handler500, service_urls
from services.analytics.dashboards.api import AnalyticsDashboard, AnalyticsPerformance, Dashboard, DashboardRealtime

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = [
    route("api/analytics/dashboard", AnalyticsDashboard),
    route("api/analytics/performance", AnalyticsPerformance),
    route("api/dashboard", Dashboard),
    route("api/dashboard/realtime", DashboardRealtime),
]

urlpatterns = service_urls("analytics", PATTERNS)
