"""Who is calling, for canaries: a person, or a tenant, stays on one side. Envoy only reads the token here; whether it is good is
decided by the service."""

import base64
import secrets
from pathlib import Path
from typing import Any

from gateway.files import write_json

Config = dict[str, Any]

PERSON, TENANT = "x-leadmesh-person", "x-leadmesh-tenant"
_TYPE = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3"
_KEYS = "/.well-known/jwks.json"


def key_of(secret: str) -> str:
    """Return a secret as a key of a JWK set: base64url without padding (RFC 7518 §6.4.1)."""
    return base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")


def write_keys(path: Path, legacy_key: str) -> None:
    """Write the JWK set with the old system's secret for HS256 tokens (base64url), for the owner of the file only."""
    # Envoy takes no empty set: without a secret it gets one that nobody signs with.
    key = {"kty": "oct", "alg": "HS256", "k": legacy_key or secrets.token_urlsafe(32)}
    write_json(path, {"keys": [key]})


def reader(keys: Path) -> Config:
    """Return the filter that writes person and tenant of a verified token into headers, on routes that ask for it (`asked`).
    keys: the file of `write_keys`."""
    headers = [{"header_name": PERSON, "claim_name": "sub"}, {"header_name": TENANT, "claim_name": "tenantId"}]
    shared = {
        "forward": True,
        # The side was chosen before this filter ran, when the user was not known yet: it is chosen again.
        "clear_route_cache": True,
        "claim_to_headers": headers,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
    }
    remote = {
        "http_uri": {"uri": f"http://auth{_KEYS}", "cluster": "auth", "timeout": "1s"},
        "cache_duration": "60s",
    }
    providers: Config = {
        "auth": {**shared, "remote_jwks": remote},
        # A file, because configurations are shown and stored where a secret may not be.
        "legacy": {**shared, "local_jwks": {"filename": str(keys)}},
    }
    known = [{"provider_name": name} for name in providers]
    wanted = {"requires_any": {"requirements": [*known, {"allow_missing_or_failed": {}}]}}
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{_TYPE}.JwtAuthentication",
            "providers": providers,
            "requirement_map": {"caller": wanted},
        },
    }


def asked() -> Config:
    """Return the setting of a route that has its callers read."""
    return {"envoy.filters.http.jwt_authn": {"@type": f"{_TYPE}.PerRouteConfig", "requirement_name": "caller"}}
