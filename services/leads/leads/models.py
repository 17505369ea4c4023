"""Leads: the old system's collection."""

from pymongo import TEXT, IndexModel

from core.documents.collection import Collection
from core.documents.indexes import Replaced, index
from core.documents.models import TenantDocumentModel, shows
from services.leads.leads.documents import LeadDocument
from services.leads.leads.keys import keys_to_be

# What a lead has one word for: equal among many leads.
WORDS = ("status", "source", "priority")
# What lists may be ordered by.
PAGED_BY = (
    "createdAt",
    "updatedAt",
    "score",
    "nextFollowUpDate",
    "lastContactDate",
    "expectedCloseDate",
    "closeValue",
    *WORDS,
)
_FILTERED = (*WORDS, "assignedTo", "score", "createdAt", "lastContactDate", "nextFollowUpDate")
_CONTACT = ("contactInfo.firstName", "contactInfo.lastName", "contactInfo.email", "contactInfo.phone")
_SEARCHED = (*_CONTACT, "notes", "tags")


def _page_index(field: str) -> IndexModel:
    """Return the index of lists in the order of `field`, which also answers every filter.

    It begins with the order (tenant, field, id; leads with the same word are newest first) and goes on with what lists filter by,
    so that MongoDB skips what a filter excludes inside the index and fetches only the leads that it shows."""
    order = (field, "-createdAt") if field in WORDS else (f"-{field}",)
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
            tuple(f"{field}_createdAt" if field in WORDS else f"list_{field}" for field in PAGED_BY),
        ),
    ),
)


@shows(
    LEADS,
    LeadDocument,
    "leadId status source priority stageId contactInfo propertyPreferences financialInfo assignedTo score tags notes "
    "nextFollowUpDate closeValue activities customFields deletedAt",
)
class Lead(TenantDocumentModel):
    """A person who may sell or buy a property."""

    def __str__(self) -> str:
        contact = self.contact_info if isinstance(self.contact_info, dict) else {}
        return f"{contact.get('firstName', '')} {contact.get('lastName', '')}".strip() or str(self.pk)
