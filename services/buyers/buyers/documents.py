"""What buyers stores of a buyer."""

from datetime import datetime
from typing import TypedDict

from bson import ObjectId

from core.documents.shapes import Owned, Reference


class BuyBox(TypedDict, total=False):
    """What and where a buyer buys."""

    cities: list[str]
    states: list[str]
    zipCodes: list[str]


class PriceRange(TypedDict, total=False):
    """Prices that a buyer pays, either end open."""

    min: float
    max: float


class BuyerDocument(Owned, total=False):
    """A person or company that buys properties."""

    companyName: str
    contactName: str
    email: str
    emailKey: str
    phone: str
    address: str
    city: str
    state: str
    zipCode: str
    buyerType: str
    investmentRange: str
    preferredPropertyTypes: list[str]
    buyBox: BuyBox | None
    priceRange: PriceRange | None
    conditions: list[str]
    fundingType: str
    notes: str
    isActive: bool
    lastContacted: datetime | None
    createdBy: Reference | None
    updatedBy: Reference | None


class HistoryDocument(Owned, total=False):
    """What happened to a buyer. changes: `{field: {from, to}}`."""

    buyerId: ObjectId
    type: str
    changes: dict[str, object]
    userId: str | None
