"""What leads stores of a lead."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Owned, Reference

# Paths in a lead that queries name.
EMAIL, PHONE = "contactInfo.email", "contactInfo.phone"


class Address(TypedDict, total=False):
    """Where a person lives, or a property is."""

    street: str | None
    city: str | None
    state: str | None
    zipCode: str | None
    country: str | None


class Contact(TypedDict, total=False):
    """Who a lead is."""

    firstName: str
    lastName: str
    email: str
    phone: str
    company: str | None
    title: str | None
    address: Address | None
    preferredContactMethod: str | None


class Wishes(TypedDict, total=False):
    """What property a lead has, or looks for."""

    propertyType: list[str]
    minPrice: float | None
    maxPrice: float | None
    preferredLocations: list[str]
    mustHaveFeatures: list[str]
    condition: str | None


class Finances(TypedDict, total=False):
    """What a lead can pay."""

    preApproved: bool
    preApprovalAmount: float | None
    downPaymentPercentage: float | None
    creditScore: float | None
    employmentStatus: str | None
    employmentLength: float | None


class Entry(TypedDict, total=False):
    """What happened to a lead, or was said."""

    type: str
    description: str
    timestamp: datetime
    userId: Reference | None


class Talk(TypedDict, total=False):
    """A message or call with a lead, as the lead remembers it."""

    type: str
    direction: str
    content: str
    subject: str
    timestamp: datetime
    outcome: str
    followUpRequired: bool


class Keys(TypedDict, total=False):
    """What no two live leads of a tenant share."""

    emailKey: str
    phoneKey: str


class LeadDocument(Keys, Owned, total=False):
    """A person who may sell or buy a property."""

    leadId: str
    status: str
    source: str
    priority: str
    stageId: Reference | None
    contactInfo: Contact
    propertyPreferences: Wishes | None
    financialInfo: Finances | None
    assignedTo: Reference | None
    createdBy: Reference | None
    updatedBy: Reference | None
    score: float | None
    scoring: dict[str, object]
    tags: list[str]
    notes: str | None
    lastContactDate: datetime | None
    nextFollowUpDate: datetime | None
    expectedCloseDate: datetime | None
    actualCloseDate: datetime | None
    estimatedValue: float | None
    closeValue: float | None
    commissionAmount: float | None
    activities: list[Entry]
    communicationHistory: list[Talk]
    appointments: list[dict[str, object]]
    propertiesViewed: list[object]
    offers: list[object]
    pagesViewed: list[object]
    formSubmissions: float | None
    emailOpens: float | None
    emailClicks: float | None
    smsResponses: float | None
    customFields: dict[str, object]
    importId: str
