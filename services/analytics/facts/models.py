"""Facts: what analytics knows of leads, buyers and people, and what happened, all from events."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class LeadFact(TenantDocumentModel):
    """A lead as dashboards count it."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=24)
    name = models.CharField(max_length=101)
    stage = models.CharField(max_length=20)
    status = models.CharField(max_length=30)
    kind = models.CharField(max_length=20)
    value = AnyField()
    assigned_to = models.CharField(db_column="assignedTo", max_length=36, null=True)
    version = AnyField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadfacts"

    def __str__(self) -> str:
        return str(self.name)


class Happening(TenantDocumentModel):
    """Something worth telling on a dashboard."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=32)
    type = models.CharField(max_length=30)
    message = models.CharField(max_length=300)
    at = models.DateTimeField()
    created_at = None
    updated_at = None

    class Meta(TenantDocumentModel.Meta):
        db_table = "happenings"

    def __str__(self) -> str:
        return str(self.message)
