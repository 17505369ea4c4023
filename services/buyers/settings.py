"""Settings of the service buyers."""

from core.settings import service_settings

APPS = {
    "services.buyers.buyers": "Buyers",
    "services.buyers.matching": "Matching",
}

globals().update(service_settings("buyers", APPS))
