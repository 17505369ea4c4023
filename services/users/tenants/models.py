"""Tenants: the companies that use the CRM."""

from django.db import models

from core.documents.fields import AnyField
from core.documents.models import DocumentModel


class Tenant(DocumentModel):
    """A company."""

    tenant_id = models.CharField(db_column="tenantId", max_length=36)
    name = models.CharField(max_length=200)
    subdomain = models.CharField(max_length=63)
    status = models.CharField(max_length=20)
    plan = models.CharField(max_length=20)
    owner_id = AnyField(db_column="ownerId")
    admin_ids = AnyField(db_column="adminIds")
    member_ids = AnyField(db_column="memberIds")
    settings = AnyField()
    max_users = AnyField(db_column="maxUsers")
    max_leads = AnyField(db_column="maxLeads")
    deleted_at = models.DateTimeField(db_column="deletedAt", null=True)

    class Meta(DocumentModel.Meta):
        db_table = "tenants"

    def __str__(self) -> str:
        return str(self.name)
