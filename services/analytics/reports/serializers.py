"""Queries and bodies of reports and exports."""

from core.api.fields import Choice, Date, Flag, Text, Until
from core.api.validation import Body, Query
from services.analytics.dashboards.serializers import BUYER_TYPES
from services.analytics.dashboards.windows import DOCUMENTED, RANGES
from services.analytics.facts.rules import KINDS, STAGES

# ruff: noqa: N815 - wire names

FORMATS = ("pdf", "csv", "excel")


class PeriodQuery(Query):
    """The documented time range."""

    allow_unknown = True
    date_range = Choice(tuple(DOCUMENTED), default="last_30_days")


class PipelineQuery(Query):
    """Days of creation, inclusive; none is all time."""

    allow_unknown = True
    # `from` is a word of Python.
    vars()["from"] = Date(required=False)
    to = Until(required=False)


class FiltersBody(Body):
    """AnalyticsFilters; front ends add members of their own."""

    allow_unknown = True
    timeRange = Choice(tuple(RANGES), required=False)
    status = Choice(STAGES, required=False)
    propertyType = Choice(KINDS, required=False)
    buyerType = Choice(BUYER_TYPES, required=False)
    dateFrom = Date(required=False)
    dateTo = Until(required=False)
    teamMember = Text(required=False, max_length=36)


class AnalyticsExportBody(Body):
    """What an export holds. timeRange wins over dateRange, and both over the filters' one."""

    allow_unknown = True
    format = Choice(FORMATS)
    includeCharts = Flag(default=True)
    includeMetrics = Flag(default=True)
    includeData = Flag(default=True)
    dateRange = Choice((*RANGES, *DOCUMENTED), required=False)
    timeRange = Choice(tuple(RANGES), required=False)
    filters = FiltersBody(required=False)
