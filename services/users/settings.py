"""Settings of the service users."""

from core.settings import service_settings

APPS = {
    "services.users.accounts": "People",
    "services.users.activity": "Activity log",
    "services.users.preferences": "Preferences",
    "services.users.tenants": "Tenants",
    "services.users.invitations": "Invitations",
    "services.users.roles": "Roles",
}

globals().update(service_settings("users", APPS))
