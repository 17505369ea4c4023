"""Settings of the service analytics."""

from core.settings import service_settings

APPS = [
    "services.analytics.facts",
    "services.analytics.dashboards",
    "services.analytics.reports",
    "services.analytics.activity",
]

globals().update(service_settings("analytics", APPS))
