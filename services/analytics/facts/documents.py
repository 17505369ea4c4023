"""What analytics stores of leads, buyers, people and what happened."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Copied


class LeadFactDocument(Copied, total=False):
    """A lead as dashboards count it."""

    leadId: str
    name: str
    firstName: str
    lastName: str
    email: str
    phone: str
    status: str
    stage: str
    kind: str
    source: str | None
    value: float
    score: float | None
    assignedTo: str | None
    revenue: float
    closedAt: datetime | None
    firstContactAt: datetime | None
    outbound: int
    inbound: int
    answered: bool


class BuyerFactDocument(Copied, total=False):
    """A buyer as dashboards count it."""

    companyName: str
    contactName: str
    email: str
    buyerType: str
    isActive: bool


class PersonFactDocument(Copied, total=False):
    """The name of a user."""

    name: str


class HappeningDocument(TypedDict, total=False):
    """Something worth telling on a dashboard."""

    _id: str
    tenantId: str
    type: str
    message: str
    at: datetime
    entityId: str
