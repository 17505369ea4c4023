"""What Envoy notes of each request: a line in its log, and a span when traces are on."""

from typing import Any

Config = dict[str, Any]

_TYPES = "type.googleapis.com/envoy"
# The one route whose path holds a token, however it is spelled.
_UNSHOWN_PATH = "/api/auth/validate-invitation/"


def access_log(*, secret: bool) -> Config:
    """One JSON line per request, without query strings: they may hold tokens. Paths that hold one have a log of their own,
    which does not show the path."""
    words = {
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "path": f"{_UNSHOWN_PATH}..." if secret else "%PATH(NQ)%",
        "status": "%RESPONSE_CODE%",
        "ms": "%DURATION%",
        "bytes": "%BYTES_SENT%",
        "service": "%UPSTREAM_CLUSTER%",
        "instance": "%RESP(X-LEADMESH-INSTANCE)%",
        "flags": "%RESPONSE_FLAGS%",
        "failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        "request_id": "%RESP(X-REQUEST-ID)%",
        "trace": "%REQ(TRACEPARENT)%",
        "from": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    }
    matches = {"contains": _UNSHOWN_PATH.rstrip("/").rpartition("/")[2], "ignore_case": True}
    holds_secret = {"name": ":path", "string_match": matches}
    return {
        "name": "envoy.access_loggers.stdout",
        "filter": {"header_filter": {"header": {**holds_secret, "invert_match": not secret}}},
        "typed_config": {
            "@type": f"{_TYPES}.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"json_format": words},
        },
    }


def tracing() -> Config:
    """Return how spans reach the cluster `traces` (OTLP over HTTP)."""
    service = {"http_uri": {"uri": "/v1/traces", "cluster": "traces", "timeout": "1s"}}
    typed = {"@type": f"{_TYPES}.config.trace.v3.OpenTelemetryConfig", "service_name": "leadmesh-gateway"}
    return {"provider": {"name": "envoy.tracers.opentelemetry", "typed_config": {**typed, "http_service": service}}}
