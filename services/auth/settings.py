"""Settings of the service auth."""

from core.settings import service_settings

APPS = {
    "services.auth.tokens": "Tokens",
    "services.auth.passwords": "Credentials",
    "services.auth.sessions": "Sessions",
    "services.auth.directory": "Directory",
    "services.auth.audit": "Security events",
    "services.auth.mfa": "MFA",
    "services.auth.addresses": "E-mail addresses",
    "services.auth.google": "Google sign-in",
    "services.auth.invitations": "Invitations",
}

globals().update(service_settings("auth", APPS))
JWKS_PROVIDER = "services.auth.tokens.keys.public_keys"
