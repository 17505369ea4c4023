"""Bodies and queries of matches."""

from core.api.checks import TEXTS
from core.api.fields import Array, Choice, MongoId, Number, Text
from core.api.validation import Body, Query
from services.buyers.buyers.rules import CONDITIONS
from services.buyers.matching.rules import STATUSES

# ruff: noqa: N815 - wire names


class MatchQuery(Query):
    """Filters of the matches. Without page and limit the answer is a bare array."""

    status = Choice((*STATUSES, "all"), required=False)
    quality = Choice(("all", "high", "medium", "low"), required=False)
    search = Text(required=False, max_length=200)
    buyerId = MongoId(required=False)
    leadId = MongoId(or_uuid=True, required=False)
    minScore = Number(0, 100, required=False)
    page = Number(1, whole=True, required=False)
    limit = Number(1, 100, whole=True, required=False)


class BuyerMatchQuery(Query):
    """Filters of one buyer's matches."""

    allow_unknown = True
    minScore = Number(0, 100, required=False)


class DecisionBody(Body):
    """A person's decision about a match."""

    status = Choice(STATUSES, required=False)
    matchScore = Number(0, 100, whole=True, required=False)
    note = Text(required=False, max_length=2_000)


class GenerateBody(Body):
    """What to match again."""

    buyerIds = Array(TEXTS, required=False, max_items=100)
    leadIds = Array(TEXTS, required=False, max_items=100)
    minScore = Number(0, 100, whole=True, default=31)
    limitPerLead = Number(1, 100, whole=True, default=20)


class CriteriaBody(Body):
    """Which properties, and whose buyer. A number of 0 is no criterion, as before."""

    buyerId = MongoId(required=False)
    propertyType = Text(required=False, max_length=50)
    minPrice = Number(0, required=False)
    maxPrice = Number(0, required=False)
    city = Text(required=False, max_length=100)
    state = Text(required=False, max_length=50)
    condition = Choice(CONDITIONS, required=False)
    bedrooms = Number(0, required=False)
    bathrooms = Number(0, required=False)
    minSquareFootage = Number(0, required=False)
    maxSquareFootage = Number(0, required=False)
