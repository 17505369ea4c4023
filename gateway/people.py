"""Who is calling, for canaries: a person, or a tenant, stays on one side. Envoy only reads the token here; whether it is good is
decided by the service."""

import base64
from typing import Any

Config = dict[str, Any]

PERSON, TENANT = "x-leadmesh-person", "x-leadmesh-tenant"
_TYPE = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3"
_KEYS = "/.well-known/jwks.json"


def key_of(secret: str) -> str:
    """Return a secret as a key of a JWK set: base64url without padding (RFC 7518 §6.4.1)."""
    return base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")


def reader(legacy_key: str) -> Config:
    """Return the filter that writes person and tenant of a verified token into headers, on routes that ask for it (`asked`).
    legacy_key: the old system's secret for HS256 tokens as base64url, or nothing."""
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
    providers: Config = {"auth": {**shared, "remote_jwks": remote}}
    if legacy_key:
        keys = f'{{"keys":[{{"kty":"oct","alg":"HS256","k":"{legacy_key}"}}]}}'
        providers["legacy"] = {**shared, "local_jwks": {"inline_string": keys}}
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
