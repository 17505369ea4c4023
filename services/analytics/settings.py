"""Settings of the service analytics."""

from core.settings import service_settings

APPS = {
    "services.analytics.facts": "Facts",
    "services.analytics.dashboards": "Dashboards",
    "services.analytics.reports": "Reports",
    "services.analytics.activity": "Activity",
}

globals().update(service_settings("analytics", APPS))
