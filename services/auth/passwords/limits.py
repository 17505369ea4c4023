"""How often strangers may let us open accounts, send mails and look at mailed tokens (contract/auth-rules.md §13).

By the caller's address, and by the address that the work is for: each stops what the other cannot.
"""

from django.conf import settings

from core.api.throttling import demand, exhausted, hit
from core.errors import TooManyRequests
from services.auth.audit.actions import Origin
from services.auth.directory.queries import email_key

_HOUR = 3600
_LATER = "Please try again later."


def count_reset_request(email: object, origin: Origin) -> None:
    """Count a request for a reset link, before the body is checked. Raises TooManyRequests."""
    key = email_key(email) if isinstance(email, str) and email else origin.address
    refusal = f"Too many password reset requests. {_LATER}"
    demand("reset", key, limit=settings.RESET_REQUESTS, seconds=_HOUR, refusal=refusal)
    demand("reset-address", origin.address, limit=settings.TOKEN_TRIES, seconds=_HOUR, refusal=refusal)


def count_registration(email: str, origin: Origin) -> None:
    """Count an account that is to be opened, whether or not it can be. Raises TooManyRequests."""
    for name, key in (("register-address", origin.address), ("register", email_key(email))):
        demand(name, key, limit=settings.REGISTRATIONS, seconds=_HOUR, refusal=f"Too many registrations. {_LATER}")


def count_verification_mail(user_id: str, origin: Origin) -> None:
    """Count a request for another verification mail. Raises TooManyRequests."""
    refusal = f"Too many verification mails. {_LATER}"
    demand("verification", user_id, limit=settings.RESET_REQUESTS, seconds=_HOUR, refusal=refusal)
    demand("verification-address", origin.address, limit=settings.TOKEN_TRIES, seconds=_HOUR, refusal=refusal)


def count_token(origin: Origin) -> None:
    """Count a try of a mailed token. Raises TooManyRequests."""
    refusal = f"Too many requests. {_LATER}"
    demand("mailed-token", origin.address, limit=settings.TOKEN_TRIES, seconds=_HOUR, refusal=refusal)


def refuse_guessing(origin: Origin) -> None:
    """Stop checking tokens from an address that sent too many bad ones. Raises TooManyRequests."""
    verdict = exhausted("foreign-token", origin.address, limit=settings.TOKEN_TRIES, seconds=_HOUR)
    if not verdict.allowed:
        raise TooManyRequests(f"Too many requests. {_LATER}", verdict.retry_after)


def count_bad_token(origin: Origin) -> None:
    """Count a token that its issuer, such as Google, does not confirm."""
    hit("foreign-token", origin.address, limit=settings.TOKEN_TRIES, seconds=_HOUR)
