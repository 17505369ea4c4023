"""Settings of messages and calls; the names are those of the old system (contract/leads-rules.md §10)."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from core.settings import env

# What the old system's sample file has in place of credentials.
_SAMPLES = ("your-twilio-account-sid", "your-twilio-auth-token")


def message_settings(environment: str) -> dict[str, Any]:
    """Return the provider of messages: Twilio when its credentials are set; else the log in development, none in production.

    Raises ImproperlyConfigured for the log in production: messages hold what people wrote."""
    account, token = (env.text(name) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"))
    known = bool(account and token) and account not in _SAMPLES and token not in _SAMPLES
    default = "twilio" if known else "none" if environment == "production" else "console"
    provider = env.choice("MESSAGE_PROVIDER", ("twilio", "console", "none"), default)
    if provider == "console" and environment == "production":
        raise ImproperlyConfigured("MESSAGE_PROVIDER=console is refused in production: it prints what people wrote.")
    if provider == "twilio" and not known:
        raise ImproperlyConfigured("MESSAGE_PROVIDER=twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
    return {
        "MESSAGE_PROVIDER": provider,
        "TWILIO_ACCOUNT_SID": account,
        "TWILIO_AUTH_TOKEN": token,
        # One or several numbers of ours; the first one is the sender.
        "TWILIO_PHONE_NUMBERS": env.words("TWILIO_PHONE_NUMBER"),
    }
