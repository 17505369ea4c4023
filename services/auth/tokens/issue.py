"""Access tokens: which claims, signed by which kind of key."""

import time
import uuid
from typing import Any

import jwt
from django.conf import settings

from core.identity.access import tenant_entry
from core.identity.tokens import JWKS_ALGORITHM, sign_legacy
from services.auth.directory.documents import PersonDocument
from services.auth.tokens.issuer import issued_kind
from services.auth.tokens.keys import signing_key


def access_token(person: PersonDocument, session_id: str | None, **extra: object) -> str:
    """Return an access token for a directory entry: the union of the old system's claims (auth-rules §3)."""
    moment, roles = int(time.time()), list(person.get("roles") or ["user"])
    tenant_id = person.get("tenantId")
    tenant = tenant_entry(tenant_id) if tenant_id else None
    claims = {
        "sub": person["_id"],
        "userId": person["_id"],
        "email": person["email"],
        "firstName": person.get("firstName"),
        "lastName": person.get("lastName"),
        "tenantId": tenant_id,
        "tenantName": tenant.get("name") if tenant else None,
        "roles": roles,
        "role": roles[0],
        "status": person.get("status", "active"),
        "sessionId": session_id,
        "type": "access",
        "rev": person.get("version"),
        "jti": uuid.uuid4().hex,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "iat": moment,
        "exp": moment + settings.ACCESS_TOKEN_SECONDS,
        **extra,
    }
    return signed({name: value for name, value in claims.items() if value is not None})


def signed(claims: dict[str, Any]) -> str:
    """Return `claims` as a token of the kind that is issued now (services.auth.tokens.issuer)."""
    if issued_kind() == "legacy":
        return sign_legacy(claims)
    kid, key = signing_key()
    return jwt.encode(claims, key, algorithm=JWKS_ALGORITHM, headers={"kid": kid})
