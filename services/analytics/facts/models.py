"""Facts: what analytics knows of leads, buyers and people, and what happened, all from events."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import CopyModel, shows
from services.analytics.facts.documents import (
    BuyerFactDocument,
    HappeningDocument,
    LeadFactDocument,
    PersonFactDocument,
)

LEADS = Collection[LeadFactDocument](
    "leadfacts",
    service="analytics",
    tenant="text",
    soft_delete=True,
    indexes=(
        index("tenantId", "-createdAt"),
        index("tenantId", "stage", "-createdAt"),
        index("tenantId", "closedAt", sparse=True),
        index("tenantId", "assignedTo", "-createdAt"),
    ),
)
BUYERS = Collection[BuyerFactDocument](
    "buyerfacts",
    service="analytics",
    tenant="text",
    soft_delete=True,
    indexes=(
        index("tenantId", "-createdAt"),
        index("tenantId", "buyerType"),
    ),
)
PEOPLE = Collection[PersonFactDocument](
    "personfacts",
    service="analytics",
    tenant="text",
    indexes=(index("tenantId"),),
)
HAPPENINGS = Collection[HappeningDocument](
    "happenings",
    service="analytics",
    tenant="text",
    indexes=(
        index("tenantId", "-at"),
        index("at", name="at_ttl", expireAfterSeconds=90 * 86_400),
    ),
)


@shows(LEADS, LeadFactDocument, "name stage status kind value assignedTo version")
class LeadFact(CopyModel):
    """A lead as dashboards count it."""

    def __str__(self) -> str:
        return str(self.name)


@shows(HAPPENINGS, HappeningDocument, "type message at")
class Happening(CopyModel):
    """Something worth telling on a dashboard."""

    created_at = None
    updated_at = None

    def __str__(self) -> str:
        return str(self.message)
