"""Settings of the service users."""

from core.settings import service_settings

APPS = [
    "services.users.accounts",
    "services.users.activity",
    "services.users.preferences",
    "services.users.tenants",
    "services.users.invitations",
    "services.users.roles",
]

globals().update(service_settings("users", APPS))
