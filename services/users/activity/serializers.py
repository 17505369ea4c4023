"""Bodies and queries of the activity log."""

from core.api.fields import Date, Number, Text, Until
from core.api.validation import Body, Query
from services.users.accounts.serializers import PlainPage

# ruff: noqa: N815 - wire names


class ActivityQuery(Query):
    """Filters of the activity log; what type and severity say is not checked, as before."""

    page = PlainPage(default=1)
    limit = PlainPage(default=20)
    type = Text(required=False, max_length=100)
    severity = Text(required=False, max_length=100)
    startDate = Date(required=False)
    endDate = Until(required=False)
    search = Text(required=False, max_length=200)
    sortBy = Text(default="performedAt")
    sortOrder = Text(default="desc")


class ExportBody(Body):
    """Which activities to export, and how. Every format but csv is JSON, as before."""

    userId = Text(required=False, max_length=100)
    startDate = Date(required=False)
    endDate = Until(required=False)
    format = Text(default="json", max_length=20)


class StatisticsQuery(Query):
    """Of how many days; other parameters are ignored, as before."""

    allow_unknown = True
    days = Number(1, whole=True, default=30)


class ActivityRetention(Query):
    """How many days of activities stay; other parameters are ignored, as before."""

    allow_unknown = True
    retentionDays = Number(1, whole=True, default=90)


class HistoryRetention(Query):
    """How many days of status changes stay; other parameters are ignored, as before."""

    allow_unknown = True
    retentionDays = Number(1, whole=True, default=365)
