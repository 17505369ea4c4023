"""Leads: the old system's collection."""

from django.db import models
from pymongo import TEXT, IndexModel

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import Replaced, index
from core.documents.models import TenantDocumentModel
from services.leads.leads.documents import LeadDocument
from services.leads.leads.keys import keys_to_be

_WORDS = ("status", "source", "priority")
# What lists may be ordered by.
PAGED_BY = (
    "createdAt",
    "updatedAt",
    "score",
    "nextFollowUpDate",
    "lastContactDate",
    "expectedCloseDate",
    "closeValue",
    *_WORDS,
)
_FILTERED = (*_WORDS, "assignedTo", "score", "createdAt", "lastContactDate", "nextFollowUpDate")
_CONTACT = ("contactInfo.firstName", "contactInfo.lastName", "contactInfo.email", "contactInfo.phone")
_SEARCHED = (*_CONTACT, "notes", "tags")


def _page_index(field: str) -> IndexModel:
    """Return the index of lists in the order of `field`, which also answers every filter.

    It begins with the order (tenant, field, id; leads with the same word are newest first) and goes on with what lists filter by,
    so that MongoDB skips what a filter excludes inside the index and fetches only the leads that it shows."""
    order = (field, "-createdAt") if field in _WORDS else (f"-{field}",)
    used = {name.removeprefix("-") for name in order}
    filters = (name for name in _FILTERED if name not in used)
    return index("tenantId", *order, "-_id", *filters, name=f"page_{field}")


LEADS = Collection[LeadDocument](
    "leads",
    service="leads",
    tenant="text",
    soft_delete=True,
    derived=keys_to_be,
    indexes=(
        index("leadId"),
        index("tenantId", "leadId"),
        # Beside those of pages: the few leads of one person among a million are better found by whose they are.
        index("tenantId", "assignedTo", "-createdAt", "-_id", name="assignedTo_createdAt"),
        index("tenantId", "tags", "-createdAt", "-_id", name="tags_createdAt"),
        index(
            "tenantId",
            "emailKey",
            name="emailKey_unique",
            unique=True,
            partialFilterExpression={"emailKey": {"$exists": True}},
        ),
        index(
            "tenantId",
            "phoneKey",
            name="phoneKey_unique",
            unique=True,
            partialFilterExpression={"phoneKey": {"$exists": True}},
        ),
        index("tenantId", "contactInfo.email"),
        index("tenantId", "contactInfo.phone"),
        index("tenantId", *((field, TEXT) for field in _SEARCHED), name="search"),
        *(_page_index(field) for field in PAGED_BY),
        # For walks through all leads of a tenant: recalculations, exports.
        index("tenantId", "_id", name="walk"),
        index("tenantId", "importId", "_id", name="import", partialFilterExpression={"importId": {"$exists": True}}),
        index(
            "tenantId",
            "contactInfo.address.zipCode",
            name="zipCode",
            partialFilterExpression={"contactInfo.address.zipCode": {"$exists": True}},
        ),
    ),
    replaces=(
        Replaced(
            "0.2.0",
            tuple(f"{field}_createdAt" if field in _WORDS else f"list_{field}" for field in PAGED_BY),
        ),
    ),
)


class Lead(TenantDocumentModel):
    """A person who may sell or buy a property."""

    lead_id = models.CharField(db_column="leadId", max_length=36)
    status = models.CharField(max_length=30)
    source = models.CharField(max_length=30)
    priority = models.CharField(max_length=10)
    stage_id = AnyField(db_column="stageId")
    contact_info = AnyField(db_column="contactInfo")
    property_preferences = AnyField(db_column="propertyPreferences")
    financial_info = AnyField(db_column="financialInfo")
    assigned_to = AnyField(db_column="assignedTo")
    score = AnyField()
    tags = AnyField()
    notes = models.TextField(null=True)
    next_follow_up_date = models.DateTimeField(db_column="nextFollowUpDate", null=True)
    close_value = AnyField(db_column="closeValue")
    activities = AnyField()
    custom_fields = AnyField(db_column="customFields")
    deleted_at = models.DateTimeField(db_column="deletedAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "leads"

    def __str__(self) -> str:
        contact = self.contact_info if isinstance(self.contact_info, dict) else {}
        return f"{contact.get('firstName', '')} {contact.get('lastName', '')}".strip() or str(self.pk)
