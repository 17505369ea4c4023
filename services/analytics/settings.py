"""Settings of the service analytics."""

from core.settings import service_settings

APPS = [
    "services.analytics.facts",
    "services.analytics.dashboards",
]

globals().update(service_settings("analytics", APPS))
