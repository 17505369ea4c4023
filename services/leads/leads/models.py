"""Leads: the old system's collection."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.models import TenantDocumentModel
from services.leads.leads.documents import LeadDocument

LEADS = Collection[LeadDocument]("leads", service="leads", tenant="text", soft_delete=True)


class Lead(TenantDocumentModel):
    """Somebody who may sell or buy a property."""

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
