"""Bodies and queries of buyers."""

import re

from core.api.checks import TEXTS, Check
from core.api.fields import Array, Choice, Email, Flag, Number, Page, Text
from core.api.places import State
from core.api.states import state_code
from core.api.validation import Body, Query
from services.buyers.buyers.rules import BUYER_TYPES, CONDITIONS, FUNDING, RANGES

# ruff: noqa: N815 - wire names

_MOST = 100
_MOST_AT_ONCE = 1_000
# As the front end has it (buyers-rules); empty for unknown.
_ZIP = re.compile("([0-9]{5}(-[0-9]{4})?)?")


def _zip(value: object) -> bool:
    return bool(_ZIP.fullmatch(str(value)))


def _is_state(value: object) -> bool:
    return isinstance(value, str) and (not value.strip() or state_code(value) is not None)


ZIP: Check = (_zip, "zipCode must be a valid ZIP code")
STATES: Check = (_is_state, "a two-letter code")


class BuyBoxBody(Body):
    """Where a buyer buys."""

    nullable = True
    zipCodes = Array(TEXTS, max_items=1000)
    states = Array(STATES, max_items=100)
    cities = Array(TEXTS, max_items=1000)


class CreateBuyerBody(Body):
    """A new buyer; only names, e-mail and phone must be there."""

    companyName = Text(not_empty=True, max_length=200, trim=True)
    contactName = Text(not_empty=True, max_length=200, trim=True)
    email = Email()
    phone = Text(min_length=10, max_length=40)
    address = Text(required=False, max_length=300)
    city = Text(required=False, max_length=100)
    state = State(required=False)
    zipCode = Text(ZIP, required=False)
    buyerType = Choice(BUYER_TYPES, required=False)
    investmentRange = Choice(RANGES, required=False)
    preferredPropertyTypes = Array(TEXTS, required=False, max_items=_MOST)
    buyBox = BuyBoxBody(required=False)
    notes = Text(required=False, max_length=10_000)
    isActive = Flag(required=False)


class AliasBuyerBody(Body):
    """A new buyer in the words of the later import proxy."""

    name = Text(not_empty=True, max_length=200, trim=True)
    company = Text(required=False, max_length=200, trim=True)
    email = Email(required=False)
    phone = Text(required=False, max_length=40)
    property_types = Array(TEXTS, required=False, max_items=_MOST)
    notes = Text(required=False, max_length=10_000)
    is_active = Flag(required=False)


class UpdateBuyerBody(CreateBuyerBody):
    """Changes of a buyer; what is not sent stays."""

    all_optional = True


class BuyerQuery(Query):
    """Filters of the list. Without page and limit the answer is a bare array."""

    buyerType = Choice((*BUYER_TYPES, "all"), required=False)
    investmentRange = Choice((*RANGES, "all"), required=False)
    city = Text(required=False, max_length=100)
    state = Text(required=False, max_length=50)
    isActive = Choice(("true", "false", "all"), required=False)
    search = Text(required=False, max_length=200)
    property_types = Array(TEXTS, required=False, commas=True, max_items=_MOST)
    price_range_min = Number(0, required=False)
    price_range_max = Number(0, required=False)
    locations = Array(TEXTS, required=False, commas=True, max_items=_MOST)
    page = Number(1, whole=True, required=False)
    limit = Number(1, 100, whole=True, required=False)


class SearchQuery(Query):
    """The search; page and limit that are no numbers fall back to 1 and 20, unknown parameters are ignored."""

    allow_unknown = True
    query = Text(default="", max_length=200)
    buyerType = Text(required=False)
    investmentRange = Text(required=False)
    city = Text(required=False, max_length=100)
    state = Text(required=False, max_length=50)
    isActive = Text(required=False)
    preferredPropertyTypes = Array(TEXTS, required=False, max_items=_MOST)
    page = Text(default="1")
    limit = Text(default="20")


class PlaceQuery(Query):
    """A place; unknown parameters are ignored."""

    allow_unknown = True
    city = Text(default="", max_length=100)
    state = Text(default="", max_length=50)
    zipCode = Text(default="", max_length=20)
    address = Text(default="", max_length=500)


class HistoryQuery(Query):
    """How many entries."""

    allow_unknown = True
    limit = Page(200, default=50)


class RangeQuery(Query):
    """The time that new buyers are counted in."""

    allow_unknown = True
    timeRange = Choice(("7d", "30d", "90d", "1y"), default="30d")


class PriceRangeBody(Body):
    """Prices; either end may be open."""

    nullable = True
    min = Number(0, required=False)
    max = Number(0, required=False)


class BuyerPreferencesBody(Body):
    """What a buyer wants; what is not sent stays."""

    preferredPropertyTypes = Array(TEXTS, required=False, max_items=_MOST)
    investmentRange = Choice(RANGES, required=False)
    buyBox = BuyBoxBody(required=False)
    notes = Text(required=False, max_length=10_000)
    priceRange = PriceRangeBody(required=False)
    conditions = Array(
        (lambda value: value in CONDITIONS, f"one of {', '.join(CONDITIONS)}"), required=False, max_items=5
    )
    fundingType = Choice(FUNDING, required=False)


class BulkDataBody(Body):
    """Which buyers, and what becomes of them."""

    buyerIds = Array(TEXTS, max_items=_MOST_AT_ONCE)
    updates = UpdateBuyerBody(required=False)
    isActive = Flag(required=False)


class BulkBody(Body):
    """One operation on several buyers."""

    operation = Choice(("bulkUpdate", "bulkDelete", "bulkStatus"))
    data = BulkDataBody()  # type: ignore[assignment]  # DRF's own attribute of a serializer, not of this body


class ExportQuery(Query):
    """What an export holds, and how; unknown parameters are ignored."""

    allow_unknown = True
    format = Choice(("csv", "json", "xlsx"), default="csv")
    filters = Text(default="", max_length=2_000)
    includeInactive = Flag(default=True)
