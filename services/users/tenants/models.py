"""Tenants: the companies that use the CRM."""

from core.documents.models import DocumentModel, shows
from services.users.accounts.documents import TenantDocument
from services.users.accounts.models import TENANTS


@shows(
    TENANTS,
    TenantDocument,
    "tenantId name subdomain status plan ownerId adminIds memberIds settings maxUsers maxLeads deletedAt",
)
class Tenant(DocumentModel):
    """A company."""

    def __str__(self) -> str:
        return str(self.name)
