"""Access tokens for trying things out; development only."""

import secrets
import time
import uuid

import jwt

from ops.config import DEVELOPMENT_SECRET, Config
from ops.seed import people


def token(config: Config, role: str, tenant: str | None) -> str:
    """Return an access token with `role`, of the demo tenant unless another is named, or none (operators have none).

    Raises ValueError outside development."""
    if not config.in_development:
        raise ValueError("Tokens are made in development only.")
    demo = people()
    person = next((one for one in demo["people"] if role in one["roles"]), None)
    fallback = None if role == "SUPER_ADMIN" else demo["tenants"][0]["_id"]
    moment, subject = int(time.time()), person["_id"] if person and not tenant else secrets.token_hex(12)
    claims = {
        "sub": subject,
        "userId": subject,
        "email": person["email"] if person else f"{role.lower()}@leadmesh.test",
        "roles": [role],
        "role": role,
        "status": "active",
        "tenantId": None if tenant == "none" else tenant or fallback,
        "jti": uuid.uuid4().hex,
        "iat": moment,
        "exp": moment + 86_400,
    }
    secret = config.environment.get("JWT_SECRET") or DEVELOPMENT_SECRET
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, secret, algorithm="HS256")
