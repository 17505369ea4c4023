"""Queries of the dashboards."""

from core.api.fields import Choice, Date, Flag, Text, Until
from core.api.validation import Query
from services.analytics.dashboards.windows import DOCUMENTED, RANGES
from services.analytics.facts.rules import KINDS, STAGES

# ruff: noqa: N815 - wire names

BUYER_TYPES = ("individual", "company", "investor")


class MetricsQuery(Query):
    """Time and filters; unknown parameters are ignored, as clients add their own."""

    allow_unknown = True
    timeRange = Choice(tuple(RANGES), required=False)
    status = Choice(STAGES, required=False)
    propertyType = Choice(KINDS, required=False)
    buyerType = Choice(BUYER_TYPES, required=False)
    dateFrom = Date(required=False)
    dateTo = Until(required=False)
    teamMember = Text(required=False, max_length=36)


class AnalyticsQuery(MetricsQuery):
    """The same, with the documented variant of the time range."""

    date_range = Choice(tuple(DOCUMENTED), required=False)


class DashboardQuery(Query):
    """Time, and which parts are wanted."""

    allow_unknown = True
    timeRange = Choice(tuple(RANGES), default="30d")
    includeCharts = Flag(default=True)
    includeActivity = Flag(default=True)
    includeAlerts = Flag(default=True)
