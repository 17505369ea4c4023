"""URLs of the service analytics."""

from core.api.routing import route
from core.api.urls import handler400, handler404, handler500, service_urls
from services.analytics.activity.api import Activities, Behaviors, Security
from services.analytics.dashboards.api import AnalyticsDashboard, AnalyticsPerformance, Dashboard, DashboardRealtime
from services.analytics.reports.api import Export, LeadPipeline, PipelineReport, TeamTable

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = [
    route("api/analytics/dashboard", AnalyticsDashboard),
    route("api/analytics/performance", AnalyticsPerformance),
    route("api/analytics/export", Export),
    route("api/analytics/leads/pipeline", LeadPipeline),
    route("api/analytics/team/performance", TeamTable),
    route("api/analytics/activities", Activities),
    route("api/analytics/behaviors", Behaviors),
    route("api/analytics/security", Security),
    route("api/reports/pipeline", PipelineReport),
    route("api/dashboard", Dashboard),
    route("api/dashboard/realtime", DashboardRealtime),
]

urlpatterns = service_urls("analytics", PATTERNS)
