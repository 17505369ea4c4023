"""Google's side of signing in, over HTTP: consent page, code exchange, who it is (OAuth 2.0 with PKCE)."""

from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from django.conf import settings

from core.effects import outside
from core.errors import Unavailable

AUTHORIZE_URL = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
USERINFO_URL = "https://openidconnect.googleapis.com/v1/userinfo"
TOKENINFO_URL = "https://oauth2.googleapis.com/tokeninfo"
_TIMEOUT = httpx.Timeout(5.0, connect=2.0)


class GoogleRefused(Exception):
    """Google does not vouch for the caller, or did not answer."""


@dataclass(frozen=True, slots=True)
class GoogleIdentity:
    """A person's data at Google."""

    google_id: str
    email: str
    email_verified: bool
    first_name: str
    last_name: str
    picture: str | None


def consent_url(state: str, verifier: str) -> str:
    """Return Google's consent page for a sign-in. Raises Unavailable when Google sign-in is not configured."""
    url, _ = _client().create_authorization_url(AUTHORIZE_URL, state=state, code_verifier=verifier)
    return str(url)


def identity_of_code(code: str, verifier: str) -> GoogleIdentity:
    """Return who consented, for the code that Google's redirect carries. Raises GoogleRefused."""
    client = _client()
    try:
        token = client.fetch_token(TOKEN_URL, code=code, code_verifier=verifier)
    except (AuthlibBaseError, httpx.HTTPError, ValueError) as error:
        raise GoogleRefused("the code was not taken") from error
    return _identity(str(token.get("access_token", "")))


def identity_of_token(access_token: str) -> GoogleIdentity:
    """Return whose access token it is; it must have been made for us, not for another application. Raises GoogleRefused."""
    _client()
    # In the body, not in the query: addresses end up in traces and logs.
    found = _ask("POST", TOKENINFO_URL, data={"access_token": access_token})
    if settings.GOOGLE_CLIENT_ID not in (found.get("aud"), found.get("azp")):
        raise GoogleRefused("a token of another application")
    return _identity(access_token)


def _identity(access_token: str) -> GoogleIdentity:
    profile = _ask("GET", USERINFO_URL, headers={"Authorization": f"Bearer {access_token}"})
    if not profile.get("sub") or not profile.get("email"):
        raise GoogleRefused("no identity")
    return GoogleIdentity(
        google_id=str(profile["sub"]),
        email=str(profile["email"]),
        email_verified=str(profile.get("email_verified", "")).lower() == "true",
        first_name=str(profile.get("given_name") or ""),
        last_name=str(profile.get("family_name") or ""),
        picture=profile.get("picture"),
    )


def _ask(method: str, url: str, **options: Any) -> dict[str, Any]:
    outside("call of Google")
    try:
        answer = httpx.request(method, url, timeout=_TIMEOUT, **options)
        found = answer.json() if answer.status_code == 200 else {}
    except (httpx.HTTPError, ValueError) as error:
        raise GoogleRefused("no answer") from error
    return found if isinstance(found, dict) else {}


def _client() -> OAuth2Client:
    if not settings.GOOGLE_CLIENT_ID or not settings.GOOGLE_CLIENT_SECRET:
        raise Unavailable("Google sign-in is not configured")
    return OAuth2Client(
        settings.GOOGLE_CLIENT_ID,
        settings.GOOGLE_CLIENT_SECRET,
        scope="email profile",
        redirect_uri=settings.GOOGLE_CALLBACK_URL,
        code_challenge_method="S256",
        timeout=_TIMEOUT,
    )
