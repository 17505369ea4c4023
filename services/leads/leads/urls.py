"""URLs of lead records; literal segments before ids."""

from core.api.routing import route
from core.events.exporting import export_view
from services.leads.leads.api import BulkCreate, LeadDetail, Leads, LeadStats
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import snapshot

PATTERNS = [
    route("api/leads", Leads),
    route("api/leads/stats", LeadStats),
    route("api/leads/bulk/create", BulkCreate),
    route("api/leads/<leadId>", LeadDetail),
    route("internal/leads/export/leads", export_view(LEADS, snapshot)),
]
