"""Settings of the service auth."""

from core.settings import service_settings

APPS = [
    "services.auth.tokens",
    "services.auth.passwords",
    "services.auth.sessions",
    "services.auth.directory",
    "services.auth.audit",
    "services.auth.mfa",
    "services.auth.addresses",
    "services.auth.google",
    "services.auth.invitations",
]

globals().update(service_settings("auth", APPS))
JWKS_PROVIDER = "services.auth.tokens.keys.public_keys"
