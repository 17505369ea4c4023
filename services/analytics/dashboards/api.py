"""Routes of the dashboards: bare objects; figures are never null."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import needs
from core.api.views import LimitedView
from core.documents.collection import now
from services.analytics.dashboards import figures
from services.analytics.dashboards.queries import Filters
from services.analytics.dashboards.serializers import AnalyticsQuery, DashboardQuery, MetricsQuery
from services.analytics.dashboards.windows import DOCUMENTED, window

READ = needs("analytics:read")
_DEFAULT = "30d"


class AnalyticsDashboard(LimitedView):
    """The analytics page's whole data set."""

    access = {"get": READ}
    queries = {"get": AnalyticsQuery}

    def get(self, request: Request) -> Response:
        """Answer AnalyticsData, or the documented flat form when only `date_range` is sent."""
        query, moment = self.validated_query(), now()
        documented = DOCUMENTED.get(query.get("date_range", ""))
        time_range = query.get("timeRange") or documented or _DEFAULT
        asked = window(moment, time_range, query.get("dateFrom"), query.get("dateTo"))
        filters = filters_of(query)
        if documented and "timeRange" not in query:
            return Response(figures.documented_dashboard(self.scope, filters, asked, moment))
        return Response(figures.analytics_data(self.principal, filters, asked, moment))


class AnalyticsPerformance(LimitedView):
    """The figures alone."""

    access = {"get": READ}
    queries = {"get": MetricsQuery}

    def get(self, request: Request) -> Response:
        """Answer AnalyticsMetrics."""
        query, moment = self.validated_query(), now()
        asked = window(moment, query.get("timeRange", _DEFAULT), query.get("dateFrom"), query.get("dateTo"))
        return Response(figures.analytics_metrics(self.scope, filters_of(query), asked, moment))


class Dashboard(LimitedView):
    """The start page's data."""

    access = {"get": READ}
    queries = {"get": DashboardQuery}

    def get(self, request: Request) -> Response:
        """Answer DashboardData."""
        query, moment = self.validated_query(), now()
        asked = window(moment, query["timeRange"], None, None)
        wanted = {"charts": query["includeCharts"], "activity": query["includeActivity"]}
        return Response(figures.dashboard_data(self.scope, asked, moment, **wanted))


class DashboardRealtime(LimitedView):
    """The start page's figures as they are now."""

    access = {"get": READ}

    def get(self, request: Request) -> Response:
        """Answer DashboardStats."""
        moment = now()
        return Response(figures.dashboard_stats(self.scope, window(moment, _DEFAULT, None, None), moment))


def filters_of(query: dict[str, Any]) -> Filters:
    """Return what a checked query narrows the figures to."""
    return Filters(
        stage=query.get("status"),
        kind=query.get("propertyType"),
        buyer_type=query.get("buyerType"),
        member=query.get("teamMember"),
    )
