"""Bodies and queries of the queue."""

from core.api.fields import MongoId, Number, Page
from core.api.validation import Body, Query
from services.leads.queueing.rules import HIGHEST, LOWEST

# ruff: noqa: N815 - wire names

_TEN_YEARS = 87_600


class AddBody(Body):
    """Which lead, and how urgent."""

    leadId = MongoId(or_uuid=True)
    priority = Number(LOWEST, HIGHEST, default=1)


class PriorityBody(Body):
    """How urgent; an agent may be sent and is ignored."""

    agentId = MongoId(or_uuid=True, required=False)
    priority = Number(LOWEST, HIGHEST, demanded=True)


class ItemsQuery(Query):
    """Which page; other parameters are ignored, as before."""

    allow_unknown = True
    page = Page(default=1)
    limit = Page(default=50)


class CleanupQuery(Query):
    """From which age on, in hours."""

    allow_unknown = True
    hours = Number(0, _TEN_YEARS, whole=True, default=24)
