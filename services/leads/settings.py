"""Settings of the service leads."""

from core.settings import service_settings

APPS = [
    "services.leads.leads",
    "services.leads.directory",
    "services.leads.queueing",
    "services.leads.scoring",
    "services.leads.communication",
    "services.leads.bulk",
    "services.leads.transfer",
    "services.leads.assignment",
]

globals().update(service_settings("leads", APPS))
