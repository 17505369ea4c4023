"""How a lead looks on the wire: the document's members, people as plain ids, both ids of the lead."""

from typing import Any

from core.documents.shapes import part_of
from services.leads.leads.documents import LeadDocument

_FIELDS = (
    "leadId",
    "tenantId",
    "status",
    "source",
    "priority",
    "stageId",
    "contactInfo",
    "propertyPreferences",
    "financialInfo",
    "communicationHistory",
    "activities",
    "appointments",
    "propertiesViewed",
    "offers",
    "assignedTo",
    "createdBy",
    "updatedBy",
    "score",
    "tags",
    "notes",
    "nextFollowUpDate",
    "lastContactDate",
    "expectedCloseDate",
    "actualCloseDate",
    "closeValue",
    "commissionAmount",
    "commissionPercentage",
    "marketingCampaign",
    "utmSource",
    "utmMedium",
    "utmCampaign",
    "utmTerm",
    "utmContent",
    "referrer",
    "ipAddress",
    "userAgent",
    "deviceType",
    "browser",
    "operatingSystem",
    "location",
    "timeOnSite",
    "pagesViewed",
    "customFields",
    "createdAt",
    "updatedAt",
)
_LISTS = ("communicationHistory", "activities", "appointments", "propertiesViewed", "offers", "tags", "pagesViewed")


def lead(document: LeadDocument) -> dict[str, Any]:
    """Return Lead (contract/leads.yaml); ObjectIds become text when it is written."""
    wire: dict[str, Any] = {**part_of(document, _FIELDS)}
    for name in _LISTS:
        wire.setdefault(name, [])
    wire["_id"] = wire["id"] = document["_id"]
    return wire
