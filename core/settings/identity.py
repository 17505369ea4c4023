"""Settings of tokens, tenants and test mode; names follow the old system where it had one (auth-rules §15)."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from core.settings import env

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def identity_settings(environment: str, development_secret: str) -> dict[str, Any]:
    """Return the identity settings. Raises ImproperlyConfigured for test mode in production."""
    test_mode = env.boolean("TEST_MODE", False)
    if test_mode and environment == "production":
        raise ImproperlyConfigured("TEST_MODE=true is refused in production: any caller could log in.")
    return {
        "JWT_SECRET": env.secret("JWT_SECRET", development_secret, environment=environment),
        "JWT_ISSUER": "dealcycle-auth-service",
        "JWT_AUDIENCE": "dealcycle-crm",
        # Which kind of token auth issues, and which kinds every service accepts (docs/decisions).
        "JWT_ISSUE": env.choice("JWT_ISSUE", ("jwks", "legacy"), "jwks"),
        "JWT_ACCEPT": tuple(env.words("JWT_ACCEPT", "jwks,legacy")),
        "ACCESS_TOKEN_SECONDS": duration("JWT_EXPIRES_IN", "24h"),
        "REFRESH_TOKEN_SECONDS": duration("JWT_REFRESH_EXPIRES_IN", "7d"),
        # A session that is extended again and again ends this long after its login.
        "SESSION_MAX_SECONDS": duration("SESSION_LIMIT", "30d"),
        "RESET_TOKEN_SECONDS": duration("PASSWORD_RESET_EXPIRES_IN", "1h"),
        "RESET_REQUESTS": env.integer("PASSWORD_RESET_REQUESTS_PER_HOUR", 3, minimum=1),
        # Accounts and tenants that are made, or tried to be made, per hour: by one address, and for one.
        "REGISTRATIONS": env.integer("REGISTRATIONS_PER_HOUR", 20, minimum=1),
        # Tries of reset and invitation tokens, and reset requests, per hour and address.
        "TOKEN_TRIES": env.integer("TOKEN_TRIES_PER_HOUR", 30, minimum=1),
        # Only the process that owns the keys (auth, monolith) names a provider; others ask auth.
        "JWKS_PROVIDER": "",
        "SERVICE_SECRET": env.secret("SERVICE_SECRET", development_secret, environment=environment),
        # Without it there are no dry runs (core.dryrun). So long a tried write may lock documents that others want to change.
        "DRY_RUN_MILLISECONDS": env.integer("DRY_RUN_MILLISECONDS", 100, minimum=10),
        "DRY_RUN_SECRET": env.optional_secret("DRY_RUN_SECRET", environment=environment),
        "TEST_MODE": test_mode,
        "TEST_DEFAULT_ROLE": env.text("TEST_DEFAULT_ROLE", "admin"),
        "TRUSTED_PROXIES": env.integer("TRUSTED_PROXIES", 1),
        "LOGIN_ATTEMPTS": env.integer("MAX_LOGIN_ATTEMPTS", 5, minimum=1),
        "LOGIN_LOCK_SECONDS": env.integer("LOCKOUT_DURATION", 900_000, minimum=1000) // 1000,
        "ADDRESS_FAILURES": env.integer("IP_BLOCK_THRESHOLD", 10, minimum=1),
        "ADDRESS_BLOCK_SECONDS": env.integer("IP_BLOCK_DURATION", 3_600_000, minimum=1000) // 1000,
        "EMAIL_VERIFICATION": env.boolean("EMAIL_VERIFICATION", environment == "production"),
        "GOOGLE_CLIENT_ID": env.text("GOOGLE_CLIENT_ID"),
        "GOOGLE_CLIENT_SECRET": env.text("GOOGLE_CLIENT_SECRET"),
        "GOOGLE_CALLBACK_URL": env.text("GOOGLE_CALLBACK_URL", "http://127.0.0.1:8000/api/auth/google/callback"),
        "ENDPOINTS_FILE": env.text("LEADMESH_ENDPOINTS_FILE"),
    }


def duration(name: str, default: str) -> int:
    """Return `name` ("15m", "24h", "7d" or plain seconds) in seconds. Raises ImproperlyConfigured otherwise."""
    value = env.text(name, default)
    number, unit = (value[:-1], value[-1]) if value[-1] in _UNIT_SECONDS else (value, "s")
    if not number.isdecimal() or int(number) == 0:
        raise ImproperlyConfigured(f"{name}={value!r} is not a duration such as 15m, 24h or 7d.")
    return int(number) * _UNIT_SECONDS[unit]
