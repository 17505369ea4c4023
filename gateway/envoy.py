"""Envoy's configuration from the route table: a bootstrap file, and files that it watches.

`routes.json` (who owns what) and `endpoints/<service>.json` (which instances live) are replaced by rename and noticed at once;
everything else is fixed for the life of the process. `gateway.dns` renders the same without watched files.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway import browsers, limits, people
from gateway.files import read_json, write_json
from gateway.guard import rendering as guard
from gateway.logs import access_log, tracing
from gateway.outside import outside_cluster
from gateway.replies import local_replies
from gateway.shadow import rendering
from gateway.states import CANARY, LEGACY, SHADOW, State, States, dumped, loaded
from gateway.table import Route, load
from platform_services import SERVICES

Config = dict[str, Any]
Address = tuple[str, int]

_TYPES = "type.googleapis.com/envoy"
# Files of Settings.folder: two that Envoy reads, and the states that it serves.
ROUTES, KEYS, STATES = "routes.json", "keys.json", "states.json"
# Largest request line and headers, as in the old server (Node's --max-http-header-size). Up to the second size they are read,
# so that a page may read the refusal too.
_HEADER_KILOBYTES, _READ_KILOBYTES = 16, 64
_OVERSIZED = "x-leadmesh-oversized"
_ROUTE_SECONDS, _TRY_SECONDS, _LEGACY_SECONDS = 30, 12, 60
# Below gunicorn's keep-alive of 75 s, so that a connection is never reused while the other end closes it.
_IDLE_SECONDS = 60
# As core/observability/context.py: an id that a service would replace is replaced here.
_REQUEST_ID = "request.headers['x-request-id']"
_USABLE_ID = f"{_REQUEST_ID}.matches('^[A-Za-z0-9._:-]+$') && size({_REQUEST_ID}) <= 128"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between gateways. rate_limit: requests per second and client address; heap: mebibytes, well below what the
    process may take; proxies: how many in front append to X-Forwarded-For; legacy_key: with what the old system signs its tokens
    (base64url); states: of groups that are not the services', as of `version`; by_name: instances are found by DNS and not in
    watched files; authorities: a file with the certificates of those who vouch for servers outside (PEM; Debian's and Envoy's own
    image have it there); comparer: a folder in which Envoy and the agent have their sockets (at most 90 bytes); without it
    nothing is compared, and no group goes back by itself."""

    port: int
    folder: Path
    host: str = "127.0.0.1"
    origins: tuple[str, ...] = ("http://localhost:3000", "http://localhost:3001")
    rate_limit: int = 500
    heap: int = limits.HEAP
    proxies: int = 0
    legacy: str = ""
    legacy_key: str = field(default="", repr=False)
    traces: str = ""
    by_name: bool = False
    comparer: str = ""
    authorities: str = "/etc/ssl/certs/ca-certificates.crt"
    routes: list[Route] = field(default_factory=load)
    version: int = 0
    states: States = field(default_factory=dict)


def write_all(settings: Settings) -> Path:
    """Write every file and return the bootstrap's path; endpoints start empty, groups as they were last
    served here."""
    version, states = loaded(read_json(settings.folder / STATES))
    settings = replace(settings, version=version, states=states)
    (settings.folder / "endpoints").mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        write_endpoints(settings.folder, service, [])
    write_routes(settings)
    people.write_keys(settings.folder / KEYS, settings.legacy_key)
    bootstrap = settings.folder / "bootstrap.json"
    write_json(bootstrap, _bootstrap(settings))
    return bootstrap


def write_routes(settings: Settings) -> None:
    """Replace the watched route file; Envoy shows its version when it serves it. The states are kept for the next start."""
    resource = {"@type": f"{_TYPES}.config.route.v3.RouteConfiguration", **route_configuration(settings)}
    write_json(settings.folder / STATES, dumped(settings.version, settings.states))
    write_json(settings.folder / ROUTES, {"version_info": str(settings.version), "resources": [resource]})


def write_endpoints(folder: Path, service: str, addresses: list[Address]) -> None:
    """Replace the watched endpoint file of `service`."""
    endpoints = [
        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}} for host, port in addresses
    ]
    resource = {
        "@type": f"{_TYPES}.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": service,
        "endpoints": [{"lb_endpoints": endpoints}],
    }
    write_json(folder / "endpoints" / f"{service}.json", {"resources": [resource]})


def _bootstrap(settings: Settings) -> Config:
    return assemble(
        settings, watched_routes(settings.folder), lambda service: _watched_instances(settings.folder, service)
    )


def watched_routes(folder: Path) -> Config:
    """Return the source of routes that follows what `write_routes` writes into `folder`."""
    return {"rds": {"route_config_name": "routes", "config_source": _watched(folder, ROUTES)}}


def assemble(settings: Settings, routes: Config, instances: Callable[[str], Config]) -> Config:
    """Return a bootstrap. routes: the connection manager's source of routes; instances: how a service's cluster finds its
    instances."""
    clusters = [_service_cluster(service, instances(service)) for service in SERVICES]
    clusters += [outside_cluster("legacy", settings.legacy, settings.authorities)] if settings.legacy else []
    clusters += [outside_cluster("traces", settings.traces, settings.authorities)] if settings.traces else []
    clusters += [rendering.cluster(settings.comparer), guard.cluster(settings.comparer)] if compares(settings) else []
    listeners = [_listener(settings, routes), *([rendering.listener(settings.comparer)] if compares(settings) else [])]
    return {
        "node": {"id": "gateway", "cluster": "leadmesh"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {"listeners": listeners, "clusters": clusters},
        **limits.connections(settings.heap),
    }


def compares(settings: Settings) -> bool:
    """Whether this gateway can compare two systems: it knows both, and where the agent is."""
    return bool(settings.legacy and settings.comparer)


def _listener(settings: Settings, routes: Config) -> Config:
    logs = [access_log(secret=False), access_log(secret=True)]
    told = {"access_log": logs}
    if compares(settings):
        told = {"access_log": [*map(guard.only_ends, logs), guard.access_log()], **guard.told_while_waiting()}
    manager = {
        "@type": f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.proxies,
        "normalize_path": True,
        "merge_slashes": False,
        "server_name": "leadmesh",
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        "request_id_extension": {
            "typed_config": {
                "@type": f"{_TYPES}.extensions.request_id.uuid.v3.UuidRequestIdConfig",
                "pack_trace_reason": False,
            }
        },
        "max_request_headers_kb": _READ_KILOBYTES,
        **limits.timeouts(),
        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST", "idle_timeout": "120s"},
        # nginx in front speaks 1.0 unless told otherwise.
        "http_protocol_options": {"accept_http_10": True, "default_host_for_http_10": "leadmesh"},
        "early_header_mutation_extensions": [_looked_at_first()],
        **routes,
        "local_reply_config": local_replies(settings.origins),
        **told,
        "http_filters": _filters(settings),
    }
    if settings.traces:
        manager["tracing"] = tracing()
    return {
        "name": "gateway",
        "address": {"socket_address": {"address": settings.host, "port_value": settings.port}},
        "per_connection_buffer_limit_bytes": limits.PIECE_BYTES,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _looked_at_first() -> Config:
    """What is decided before anything else. An id that cannot be used counts as none, so that Envoy makes one: the same in its
    log, the services', the workers' and the answer. Too large headers are marked for the route that refuses them."""
    name, kept = "x-request-id", "x-leadmesh-request-id"
    mutations = [
        {"remove": kept},
        _written(kept, f"%CEL({_USABLE_ID} ? {_REQUEST_ID} : '')%"),
        {"remove": name},
        _written(name, f"%REQ({kept})%"),
        {"remove": kept},
        {"remove": _OVERSIZED},
        {"remove": people.PERSON},
        {"remove": people.TENANT},
        _written(_OVERSIZED, f"%CEL(request.total_size > {_HEADER_KILOBYTES * 1024} ? 'yes' : '')%"),
    ]
    type_ = f"{_TYPES}.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    typed = {"@type": type_, "mutations": mutations}
    return {"name": "envoy.http.early_header_mutation.header_mutation", "typed_config": typed}


def _written(name: str, value: str) -> Config:
    """A header to add, unless its value is empty."""
    return {"append": {"header": {"key": name, "value": value}}}


def _filters(settings: Settings) -> list[Config]:
    healthy = {service: {"value": 1} for service in SERVICES}
    health = {
        "pass_through_mode": False,
        "cluster_min_healthy_percentages": healthy,
        "headers": [{"name": ":path", "string_match": {"exact": "/health"}}],
    }
    return [
        _filter("header_mutation", "header_mutation.v3.HeaderMutation", mutations=browsers.answers()),
        _filter("health_check", "health_check.v3.HealthCheck", **health),
        _filter("cors", "cors.v3.Cors"),
        _filter("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", **limits.rate(settings.rate_limit)),
        *([people.reader(settings.folder / KEYS)] if settings.legacy else []),
        _filter("buffer", "buffer.v3.Buffer", max_request_bytes=limits.BODY_BYTES),
        # Last: it sees bodies whole, and answers as they came.
        *([rendering.copier()] if compares(settings) else []),
        _filter("router", "router.v3.Router"),
    ]


def _filter(name: str, type_: str, **config: Any) -> Config:
    typed = {"@type": f"{_TYPES}.extensions.filters.http.{type_}", **config}
    return {"name": f"envoy.filters.http.{name}", "typed_config": typed}


def route_configuration(settings: Settings) -> Config:
    """Return the routes of the table, the longest first."""
    routes = [rendered for route in settings.routes for rendered in _routes_of(route, settings)]
    last: Config = {"match": {"prefix": "/"}}
    last |= (
        {"route": {"cluster": "legacy", "timeout": f"{_LEGACY_SECONDS}s"}}
        if settings.legacy
        else {"direct_response": {"status": 404}}
    )
    refused, unowned = browsers.preflights(settings.origins)
    marked = {"prefix": "/", "headers": [{"name": _OVERSIZED, "present_match": True}]}
    oversized = {"match": marked, "direct_response": {"status": 431}}
    host = {
        "name": "leadmesh",
        "domains": ["*"],
        "routes": [oversized, refused, *sorted(routes, key=_length, reverse=True), unowned, last],
        "request_headers_to_remove": ["x-leadmesh-instance"],
        "typed_per_filter_config": {"envoy.filters.http.cors": browsers.policy(settings.origins)},
    }
    # Envoy passes over a file whose routes are the same, whatever its version.
    version = {"filter_metadata": {"leadmesh": {"version": settings.version}}}
    return {"name": "routes", "metadata": version, "virtual_hosts": [host], "max_direct_response_body_size_bytes": 4096}


def _length(route: Config) -> int:
    match = route["match"]
    return len(match.get("path_separated_prefix", match.get("prefix", "")))


def _routes_of(route: Route, settings: Settings) -> list[Config]:
    """A route is rendered twice per spelling: idempotent methods may be tried again, others never."""
    reads, writes = (_state(group, settings) for group in (route.reads, route.writes))
    safe = {"headers": [{"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}]}
    rendered = []
    for prefix in (route.prefix, *route.aliases):
        rewrite = {} if prefix == route.prefix else {"prefix_rewrite": route.prefix + "/" * prefix.endswith("/")}
        read = _target({**_prefix(prefix), **safe}, route.service, reads, rewrite)
        if reads.kind not in (LEGACY, SHADOW):
            read["route"]["retry_policy"] = _retries()
        write = _target(_prefix(prefix), route.service, writes, rewrite)
        if settings.by_name and writes.kind not in (LEGACY, SHADOW):
            write["route"]["retry_policy"] = _retries_of_unsent()
        write = _upload(write) if route.uploads else write
        rendered += rendering.compared({**read, "name": route.reads}, reads, reads=True)
        rendered += rendering.compared({**write, "name": route.writes}, writes, reads=False)
    return rendered


def _state(group: str, settings: Settings) -> State:
    """Return where a group goes; without an old system there is only one way, without the agent nothing is compared."""
    state = settings.states.get(group, State()) if settings.legacy else State()
    return state if settings.comparer else replace(state, compared=0)


def _target(match: Config, service: str, state: State, rewrite: Config) -> Config:
    if state.kind in (LEGACY, SHADOW):
        return {"match": match, "route": {"cluster": "legacy", "timeout": f"{_LEGACY_SECONDS}s", **rewrite}}
    target = {"timeout": f"{_ROUTE_SECONDS}s", **rewrite}
    if state.kind != CANARY:
        return {"match": match, "route": {"cluster": service, **target}}
    shares = [{"name": service, "weight": state.share}, {"name": "legacy", "weight": 100 - state.share}]
    side = {"header": {"header_name": people.PERSON if state.by == "person" else people.TENANT}}
    split = {"weighted_clusters": {"clusters": shares, "use_hash_policy": True}, "hash_policy": [side]}
    return {"match": match, "route": {**split, **target}, "typed_per_filter_config": people.asked()}


def _upload(route: Config) -> Config:
    per_filter = route.get("typed_per_filter_config", {}) | limits.upload_route()["typed_per_filter_config"]
    return {**route, "route": {**route["route"], "priority": "HIGH"}, "typed_per_filter_config": per_filter}


def _prefix(prefix: str) -> Config:
    kind = "prefix" if prefix.endswith("/") else "path_separated_prefix"
    return {kind: prefix, "case_sensitive": False}


def _retries() -> Config:
    return {
        "retry_on": "connect-failure,refused-stream,reset-before-request,reset,retriable-status-codes",
        "retriable_status_codes": [503],
        "num_retries": 3,
        "per_try_timeout": f"{_TRY_SECONDS}s",
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": f"{_TYPES}.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"},
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }


def _retries_of_unsent() -> Config:
    """An instance may stop before DNS has told: a request that could not be sent to it goes to another one, also a write. A
    request that was sent is never sent again, unless it is a read."""
    return {**_retries(), "retry_on": "connect-failure,reset-before-request", "retriable_status_codes": []}


def _watched_instances(folder: Path, service: str) -> Config:
    return {"type": "EDS", "eds_cluster_config": {"eds_config": _watched(folder, f"endpoints/{service}.json")}}


def _service_cluster(service: str, instances: Config) -> Config:
    return {
        "name": service,
        **instances,
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "ignore_health_on_host_removal": True,
        # With no healthy instance the answer is 503 at once, not a try at the sick ones.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "health_checks": [
            {
                "timeout": "2s",
                "interval": "1s",
                "no_traffic_interval": "1s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "http_health_check": {"path": "/health/ready"},
            }
        ],
        "outlier_detection": {
            "split_external_local_origin_errors": True,
            "consecutive_local_origin_failure": 2,
            "consecutive_gateway_failure": 5,
            "enforcing_consecutive_gateway_failure": 100,
            "enforcing_consecutive_5xx": 0,
            "enforcing_success_rate": 0,
            "interval": "1s",
            "base_ejection_time": "2s",
            "max_ejection_percent": 60,
        },
        "circuit_breakers": limits.circuit_breakers(),
        "per_connection_buffer_limit_bytes": limits.PIECE_BYTES,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": f"{_IDLE_SECONDS}s"},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
    }


def _watched(folder: Path, name: str) -> Config:
    path = folder / name
    source = {"path": str(path), "watched_directory": {"path": str(path.parent)}}
    return {"resource_api_version": "V3", "path_config_source": source}
