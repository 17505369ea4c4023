"""The shadow comparison in Envoy's configuration: copies of exchanges go to the agent, and the agent asks through Envoy again.

Envoy waits for nothing of it: in observability mode it sends copies and reads no answer.
"""

from pathlib import Path
from typing import Any

from gateway.states import SERVICE, State

Config = dict[str, Any]

# Which cluster the agent asks: the header of its listener.
TO = "x-leadmesh-to"
# How Envoy came to an answer, and the word for one that a system gave itself.
DETAILS, FROM_THERE = "x-leadmesh-details", "via_upstream"
_TYPES = "type.googleapis.com/envoy"
_FILTER = "envoy.filters.http.ext_proc"
# Exchanges that are copied at once. More are not copied: a comparer that hangs must not fill Envoy's memory.
_COPIES = 512
# How long a copy may wait for a busy comparer after its exchange is over; then it is given up.
_PATIENCE_SECONDS = 5
_PIECE_BYTES = 64 * 1024


def compare_socket(folder: str) -> Path:
    """Return the socket on which the agent takes copies."""
    return Path(folder) / "compare.sock"


def ask_socket(folder: str) -> Path:
    """Return the socket on which Envoy takes the agent's questions."""
    return Path(folder) / "ask.sock"


def copier() -> Config:
    """Return the filter that copies; off, except on routes of `compared`."""
    sent = {f"{way}_header_mode": "SEND" for way in ("request", "response")}
    sent |= {f"{way}_body_mode": "STREAMED" for way in ("request", "response")}
    typed = {
        "@type": f"{_TYPES}.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        "grpc_service": {"envoy_grpc": {"cluster_name": "comparer"}},
        "failure_mode_allow": True,
        "observability_mode": True,
        "deferred_close_timeout": f"{_PATIENCE_SECONDS}s",
        "processing_mode": {**sent, "request_trailer_mode": "SKIP", "response_trailer_mode": "SKIP"},
        # Who answered; whether it was an answer from there at all.
        "response_attributes": ["xds.cluster_name", "response.code_details"],
    }
    return {"name": _FILTER, "disabled": True, "typed_config": typed}


def compared(route: Config, state: State, *, reads: bool) -> list[Config]:
    """Return `route`, preceded by one that copies where the state has a share of its requests compared."""
    if not state.compared or (state.kind == SERVICE and not reads):
        return [route]
    override = {"@type": f"{_TYPES}.extensions.filters.http.ext_proc.v3.ExtProcPerRoute", "overrides": {}}
    on = {"@type": f"{_TYPES}.config.route.v3.FilterConfig", "config": override}
    copied = {**route, "typed_per_filter_config": {**route.get("typed_per_filter_config", {}), _FILTER: on}}
    if state.compared == 100:
        return [copied]
    # In ten thousands: a canary's side is drawn from the same number's last two digits.
    share = {"default_value": {"numerator": state.compared * 100, "denominator": "TEN_THOUSAND"}}
    return [{**copied, "match": {**route["match"], "runtime_fraction": share}}, route]


def cluster(folder: str) -> Config:
    """Return the cluster of the agent's gRPC server. One that is slow or away costs a copy, never a request."""
    limits = {"max_connections": 4, "max_pending_requests": _COPIES, "max_requests": _COPIES, "max_retries": 0}
    options = f"{_TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2 = {"initial_stream_window_size": 1024 * 1024, "initial_connection_window_size": 8 * 1024 * 1024}
    return {
        "name": "comparer",
        "connect_timeout": "0.25s",
        "load_assignment": {
            "cluster_name": "comparer",
            "endpoints": [{"lb_endpoints": [_pipe(compare_socket(folder))]}],
        },
        "circuit_breakers": {"thresholds": [limits]},
        "per_connection_buffer_limit_bytes": _PIECE_BYTES,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http2_protocol_options": http2},
            }
        },
    }


def listener(folder: str) -> Config:
    """Return the listener through which the agent asks either side, found and checked as for clients. Only who may open
    its socket can use it."""
    route = {"match": {"prefix": "/"}, "route": {"cluster_header": TO, "timeout": "30s"}}
    told = {
        "header": {"key": DETAILS, "value": "%RESPONSE_CODE_DETAILS%"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
    host = {"name": "asked", "domains": ["*"], "routes": [route]}
    host |= {"request_headers_to_remove": [TO], "response_headers_to_add": [told]}
    router = {"@type": f"{_TYPES}.extensions.filters.http.router.v3.Router"}
    manager = {
        "@type": f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "asked",
        "skip_xff_append": True,
        "preserve_external_request_id": True,
        "max_request_headers_kb": 64,
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    address = {"pipe": {"path": str(ask_socket(folder)), "mode": 0o600}}
    return {"name": "asked", "address": address, "filter_chains": [{"filters": filters}]}


def _pipe(path: Path) -> Config:
    return {"endpoint": {"address": {"pipe": {"path": str(path)}}}}
