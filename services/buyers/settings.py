"""Settings of the service buyers."""

from core.settings import service_settings

APPS = [
    "services.buyers.buyers",
    "services.buyers.matching",
]

globals().update(service_settings("buyers", APPS))
