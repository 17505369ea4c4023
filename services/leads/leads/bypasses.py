"""Where leads.leads steps over a tenant's wall, and why (`core.documents.bypasses`)."""

from core.documents.collection import ScopedDocuments
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS


def leads_of_all() -> ScopedDocuments[LeadDocument]:
    """Return the leads of all tenants: to be asked by id for the tenant."""
    return LEADS.across_tenants("an old queue item has no tenant until it gets the one of its lead")
