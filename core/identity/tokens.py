"""Access tokens: two kinds side by side, distinguished by their algorithm, each pinned to its own key (RFC 8725 §3.1).

legacy: HS256 with the secret shared with the old monolith. jwks: EdDSA with auth's rotating keys, named by `kid`.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import jwt
from django.conf import settings
from jwt.exceptions import InvalidTokenError

from core.errors import AuthenticationFailed
from core.identity.access import check
from core.identity.keys import key_set
from core.identity.principals import Principal

Claims = dict[str, Any]

LEGACY_ALGORITHM, JWKS_ALGORITHM = "HS256", "EdDSA"
# Clocks of pods differ a little; more would prolong every token.
_LEEWAY_SECONDS = 5
_MEMORY_TOKENS = 10_000


class VerifiedTokens:
    """Claims of tokens verified before, by the token's SHA-256, until they expire."""

    def __init__(self) -> None:
        self._claims: OrderedDict[bytes, Claims] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> Claims | None:
        """Return the claims of an unexpired token seen before, or None."""
        claims = self._claims.get(digest)
        return claims if claims and claims["exp"] + _LEEWAY_SECONDS > time.time() else None

    def put(self, digest: bytes, claims: Claims) -> None:
        """Remember `claims`; the oldest make room."""
        with self._lock:
            self._claims[digest] = claims
            while len(self._claims) > _MEMORY_TOKENS:
                self._claims.popitem(last=False)

    def forget(self) -> None:
        """Empty the memory."""
        with self._lock:
            self._claims.clear()


verified_tokens = VerifiedTokens()


def verify(token: str) -> Principal:
    """Return the caller that `token` names, with the roles and state that hold now.

    Raises AuthenticationFailed for a token that is malformed, forged, expired, of a kind that is not accepted, or whose
    session or user is not welcome any more; Forbidden when its tenant is not active.
    """
    return check(principal_of(claims_of(token)))


def claims_of(token: str) -> Claims:
    """Return the verified claims of `token`. Raises AuthenticationFailed as `verify` does."""
    digest = hashlib.sha256(token.encode()).digest()
    claims = verified_tokens.get(digest)
    if claims is None:
        claims = _decoded(token)
        verified_tokens.put(digest, claims)
    return claims


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Return the principal that `claims` describe. Raises AuthenticationFailed without subject or e-mail."""
    subject, email = claims.get("sub") or claims.get("userId"), claims.get("email")
    if not isinstance(subject, str) or not isinstance(email, str) or not subject or not email:
        raise AuthenticationFailed("Invalid token payload")
    roles = claims.get("roles") or ([claims["role"]] if claims.get("role") else ["user"])
    return Principal(
        user_id=subject,
        email=email,
        tenant_id=_text(claims.get("tenantId")),
        roles=tuple(str(role) for role in roles),
        status=str(claims.get("status", "active")),
        session_id=_text(claims.get("sessionId")),
        token_id=_text(claims.get("jti")),
        key_id=_text(claims.get("kid")),
        issued_at=int(claims.get("iat", 0)),
        expires_at=int(claims["exp"]),
        tenant_name=_text(claims.get("tenantName")),
        revision=claims.get("rev"),
        claims=claims,
    )


def sign_legacy(claims: Claims) -> str:
    """Return `claims` as a token of the old system's kind."""
    return jwt.encode(claims, settings.JWT_SECRET, algorithm=LEGACY_ALGORITHM)


def _decoded(token: str) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") == LEGACY_ALGORITHM and "legacy" in settings.JWT_ACCEPT and "kid" not in header:
            return _legacy_claims(token)
        if header.get("alg") == JWKS_ALGORITHM and "jwks" in settings.JWT_ACCEPT:
            return _jwks_claims(token, header.get("kid"))
    except InvalidTokenError as error:
        raise AuthenticationFailed from error
    raise AuthenticationFailed


def _legacy_claims(token: str) -> Claims:
    # Old tokens carry neither issuer nor audience: they are checked when present (auth-rules §3).
    claims: Claims = jwt.decode(
        token,
        settings.JWT_SECRET,
        algorithms=[LEGACY_ALGORITHM],
        leeway=_LEEWAY_SECONDS,
        options={"require": ["exp"], "verify_aud": False, "verify_iss": False, "verify_sub": False},
    )
    audience = claims.get("aud", settings.JWT_AUDIENCE)
    if claims.get("iss", settings.JWT_ISSUER) != settings.JWT_ISSUER or audience != settings.JWT_AUDIENCE:
        raise AuthenticationFailed
    return _access_only(claims)


def _jwks_claims(token: str, kid: object) -> Claims:
    key = key_set.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise AuthenticationFailed
    claims: Claims = jwt.decode(
        token,
        key.key,
        algorithms=[JWKS_ALGORITHM],
        audience=settings.JWT_AUDIENCE,
        issuer=settings.JWT_ISSUER,
        leeway=_LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "sub"]},
    )
    return {**_access_only(claims), "kid": kid}


def _access_only(claims: Claims) -> Claims:
    if claims.get("type", "access") != "access":
        raise AuthenticationFailed
    return claims


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
