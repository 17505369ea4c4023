"""The state of a sign-in: signed, short-lived, and bound to the browser that began it by a cookie."""

import secrets

from django.core import signing

from core.identity.crypto import keyed_digest

COOKIE = "leadmesh_google_state"
SECONDS = 600
_SALT = "google sign-in"


def new_state() -> str:
    """Return a fresh state."""
    return signing.dumps(secrets.token_urlsafe(16), salt=_SALT)


def is_ours(state: str) -> bool:
    """Whether we made `state`, within the last ten minutes."""
    try:
        signing.loads(state, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return False
    return True


def code_verifier(state: str) -> str:
    """Return the PKCE verifier of a state (RFC 7636): nothing needs to be stored between the two requests."""
    return keyed_digest("google pkce", state)
