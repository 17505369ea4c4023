"""CORS: which front ends may call, with which headers, and what their pages may read."""

import re
from typing import Any

_TYPES = "type.googleapis.com/envoy"
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Every header that a service reads, and those that browsers' libraries add by themselves.
ALLOWED = (
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "X-Request-ID",
    "X-Tenant-ID",
    "X-Tenant-Name",
    "X-Test-Role",
    "X-Test-Email",
    "X-Requested-With",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Cache-Control",
    "Traceparent",
    "Tracestate",
)
EXPOSED = (
    "Content-Disposition",
    "X-Request-ID",
    "ETag",
    "Retry-After",
    "Allow",
    "Location",
    "X-Tenant-ID",
    "X-Tenant-Name",
)


def policy(origins: tuple[str, ...]) -> dict[str, Any]:
    """Return the CORS policy of all routes."""
    return {
        "@type": f"{_TYPES}.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in origins],
        "allow_methods": _METHODS,
        "allow_headers": ", ".join(ALLOWED),
        "expose_headers": ", ".join(EXPOSED),
        "allow_credentials": True,
        "max_age": "600",
    }


def from_front_end(origins: tuple[str, ...], *, invert: bool = False) -> dict[str, Any]:
    """Return the matcher of requests from one of `origins`, or with `invert` of requests from any other origin."""
    pattern = "|".join(re.escape(origin) for origin in origins)
    return {"name": "origin", "string_match": {"safe_regex": {"regex": pattern}}, "invert_match": invert}


def preflights(origins: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two routes for questions of browsers: the first refuses other origins by name (403, gateway/replies.py); the last
    lets the CORS filter answer for paths that no service owns, so that the page can read their 404."""
    asks = [
        {"name": ":method", "string_match": {"exact": "OPTIONS"}},
        {"name": "access-control-request-method", "present_match": True},
    ]
    stranger = {"name": "origin", "present_match": True}
    refused = {"prefix": "/", "headers": [*asks, stranger, from_front_end(origins, invert=True)]}
    return (
        {"match": refused, "direct_response": {"status": 403}},
        # The filter answers; the cluster is never asked.
        {"match": {"prefix": "/", "headers": asks}, "route": {"cluster": "auth"}},
    )


def readable(origins: tuple[str, ...]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the filter of the gateway's own replies that a front end's page may read, and the headers that let it."""
    headers = [
        header("access-control-allow-origin", "%REQ(ORIGIN)%"),
        header("access-control-allow-credentials", "true"),
        header("access-control-expose-headers", ", ".join(EXPOSED)),
    ]
    return {"header_filter": {"header": from_front_end(origins)}}, headers


def answers() -> dict[str, Any]:
    """Return what is added to every answer: no cache may give one origin's answer to another."""
    vary = {"header": {"key": "vary", "value": "Origin"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}
    return {"response_mutations": [{"append": vary}]}


def header(name: str, value: str) -> dict[str, Any]:
    """Return a header for an answer, in place of one that is there."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
