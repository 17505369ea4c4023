"""Settings of the service leads."""

from core.settings import service_settings

APPS = {
    "services.leads.leads": "Leads",
    "services.leads.directory": "Directory",
    "services.leads.queueing": "Queue",
    "services.leads.scoring": "Scoring",
    "services.leads.communication": "Communication",
    "services.leads.bulk": "Bulk operations",
    "services.leads.transfer": "Import and export",
    "services.leads.assignment": "Assignment",
}

globals().update(service_settings("leads", APPS))
