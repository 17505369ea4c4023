"""What buyers stores of a buyer."""

from typing import TypedDict

from core.documents.shapes import Owned, Reference


class BuyBox(TypedDict, total=False):
    """What and where a buyer buys."""

    cities: list[str]
    states: list[str]
    zipCodes: list[str]


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
    notes: str
    isActive: bool
    createdBy: Reference | None
    updatedBy: Reference | None
