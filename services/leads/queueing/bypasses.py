"""Where leads.queueing steps over a tenant's wall, and why (`core.documents.bypasses`)."""

from core.documents.collection import ScopedDocuments
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.models import ITEMS


def queues_of_all() -> ScopedDocuments[ItemDocument]:
    """Return the queue items of all tenants, also those of the old system that have none."""
    return ITEMS.across_tenants("leases end in every tenant, and items of the old system get their tenant here")
