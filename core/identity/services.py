"""Tokens with which services call each other's internal routes: short-lived and bound to one receiver."""

import time

import jwt
from django.conf import settings
from jwt.exceptions import InvalidTokenError

from core.errors import AuthenticationFailed

_ALGORITHM = "HS256"
# One call, retries included, ends well within this time.
_LIFETIME_SECONDS = 60


def service_token(audience: str) -> str:
    """Return a token with which this service may call internal routes of the service `audience` for a minute."""
    moment = int(time.time())
    claims = {
        "iss": settings.SERVICE_NAME,
        "aud": f"internal:{audience}",
        "iat": moment,
        "exp": moment + _LIFETIME_SECONDS,
    }
    return jwt.encode(claims, settings.SERVICE_SECRET, algorithm=_ALGORITHM)


def verify_service_token(token: str) -> str:
    """Return the name of the calling service. Raises AuthenticationFailed for any other token."""
    audiences = [f"internal:{service}" for service in settings.SERVICES]
    try:
        claims = jwt.decode(
            token,
            settings.SERVICE_SECRET,
            algorithms=[_ALGORITHM],
            audience=audiences,
            options={"require": ["iss", "aud", "exp"]},
        )
    except InvalidTokenError as error:
        raise AuthenticationFailed from error
    return str(claims["iss"])
