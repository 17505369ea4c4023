"""What buyers stores of leads and of matches with them."""

from bson import ObjectId

from core.documents.shapes import Copied, Owned, Reference


class LeadDocument(Copied, total=False):
    """A copy of a lead."""

    leadId: str
    status: str
    firstName: str
    lastName: str
    email: str
    phone: str
    city: str | None
    state: str | None
    zipCode: str | None
    propertyTypes: list[str]
    estimatedValue: float | None
    condition: str | None
    source: str
    score: float | None


class MatchDocument(Owned, total=False):
    """A buyer who may want a lead's property."""

    buyerId: ObjectId
    leadId: str
    matchScore: int
    matchReason: str
    matchReasons: list[dict[str, object]]
    scoreBreakdown: dict[str, float]
    status: str
    isManualOverride: bool
    notes: str
    updatedBy: Reference | None
