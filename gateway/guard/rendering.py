"""The guard in Envoy's configuration: after its end every request is told to the agent. Envoy waits for nothing, and drops what
nobody takes."""

from pathlib import Path
from typing import Any

Config = dict[str, Any]

_TYPES = "type.googleapis.com/envoy"
_CLUSTER = "guard"
# After so long, and again and again, a request is told before its end: one that hangs must not count only when it is over.
_WAITING = "3s"


def log_socket(folder: str) -> Path:
    """Return the socket on which the agent takes the log."""
    return Path(folder) / "guard.sock"


def told_while_waiting() -> Config:
    """Return the setting of the connection manager that has waiting requests told as well."""
    return {"access_log_options": {"access_log_flush_interval": _WAITING}}


def only_ends(access_log: Config) -> Config:
    """Return another access log as it was without that setting: one entry for each request."""
    ended = {"log_type_filter": {"types": ["DownstreamPeriodic"], "exclude": True}}
    return {**access_log, "filter": {"and_filter": {"filters": [access_log["filter"], ended]}}}


def access_log() -> Config:
    """Return Envoy's access log that goes to the agent. With the header Authorization, which `gateway.guard.old` needs."""
    common = {
        "log_name": "guard",
        "transport_api_version": "V3",
        "grpc_service": {"envoy_grpc": {"cluster_name": _CLUSTER}},
        "buffer_flush_interval": "0.5s",
    }
    typed = {
        "@type": f"{_TYPES}.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
        "common_config": common,
        "additional_request_headers_to_log": ["authorization"],
    }
    return {"name": "envoy.access_loggers.http_grpc", "typed_config": typed}


def cluster(folder: str) -> Config:
    """Return the cluster of the agent's server for the log."""
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(log_socket(folder))}}}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2 = {"@type": f"type.googleapis.com/{options}", "explicit_http_config": {"http2_protocol_options": {}}}
    return {
        "name": _CLUSTER,
        "connect_timeout": "0.25s",
        "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "per_connection_buffer_limit_bytes": 64 * 1024,
        "typed_extension_protocol_options": {options: http2},
    }
