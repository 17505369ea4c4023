"""URLs of lead records; literal segments before ids."""

from core.api.routing import route
from services.leads.leads.api import BulkCreate, BulkUpdate, LeadDetail, LeadExport, Leads, LeadStats

PATTERNS = [
    route("api/leads", Leads),
    route("api/leads/stats", LeadStats),
    route("api/leads/bulk/create", BulkCreate),
    route("api/leads/bulk/update", BulkUpdate),
    route("api/leads/<leadId>", LeadDetail),
    route("internal/leads/export/leads", LeadExport),
]
