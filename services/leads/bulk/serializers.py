"""What bulk operations may set. The bodies around it are not checked by type, as in the old system."""

from core.api.fields import Choice, MongoId, Page, Text
from core.api.validation import Body, Query
from services.leads.leads import rules as leads

# ruff: noqa: N815 - wire names


class AssignData(Body):
    """Whose the leads become."""

    allow_unknown = True
    assignedTo = MongoId(or_uuid=True)


class StatusData(Body):
    """Which status they get; any may follow any (leads-rules §5)."""

    allow_unknown = True
    status = Choice(leads.STATUSES)


class StageData(Body):
    """Which stage they get."""

    allow_unknown = True
    stageId = Text(not_empty=True, max_length=100)


class NoData(Body):
    """Nothing is set."""

    allow_unknown = True


class HistoryQuery(Query):
    """How many; other parameters are ignored, as before."""

    allow_unknown = True
    limit = Page(200, default=50)
