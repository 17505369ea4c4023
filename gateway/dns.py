"""Envoy's configuration for containers: services are found by name; only routes are watched, and only beside an old system."""

from dataclasses import dataclass, replace
from typing import Any

from gateway.envoy import Config, Settings, assemble, route_configuration, watched_routes
from gateway.outside import found_by_name

_TYPES = "type.googleapis.com/envoy"
# The socket of Envoy's admin interface in Settings.folder.
ADMIN = "admin.sock"


@dataclass(frozen=True, slots=True)
class Names:
    """How services and the gateway's own numbers are reached. suffix: appended to a service's name, such as `.crm.svc`."""

    suffix: str = ""
    service_port: int = 8000
    metrics_port: int = 9901


def bootstrap(settings: Settings, names: Names) -> Config:
    """Return one bootstrap: one address per instance from DNS, and a listener that shows metrics and readiness only (Envoy's
    admin interface can stop it). Routes are inside; beside an old system, the agent writes them (`gateway.agent`)."""
    settings = replace(settings, by_name=True)
    inside = {"route_config": route_configuration(settings)}
    routes = watched_routes(settings.folder) if settings.legacy else inside
    config = assemble(settings, routes, lambda service: _by_name(service, names))
    resources = config["static_resources"]
    resources["listeners"].append(_metrics_listener(settings.host, names.metrics_port))
    admin = {"pipe": {"path": str(settings.folder / ADMIN)}}
    config["admin"]["address"] = admin
    resources["clusters"].append({"name": "admin", "load_assignment": _one("admin", admin)})
    return config


def _by_name(service: str, names: Names) -> Config:
    address = {"socket_address": {"address": service + names.suffix, "port_value": names.service_port}}
    # Instances come and go within seconds; the names' servers are local.
    failing = {"base_interval": "0.5s", "max_interval": "1s"}
    found = found_by_name(dns_lookup_family="ALL", dns_refresh_rate="1s", dns_failure_refresh_rate=failing)
    return {**found, "load_assignment": _one(service, address)}


def _one(cluster: str, address: Config) -> Config:
    return {"cluster_name": cluster, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def _metrics_listener(host: str, port: int) -> Config:
    shown = [{"match": {"path": path}, "route": {"cluster": "admin"}} for path in ("/stats/prometheus", "/ready")]
    router = {"@type": f"{_TYPES}.extensions.filters.http.router.v3.Router"}
    manager: dict[str, Any] = {
        "@type": f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "metrics",
        "route_config": {"virtual_hosts": [{"name": "metrics", "domains": ["*"], "routes": shown}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    address = {"socket_address": {"address": host, "port_value": port}}
    return {"name": "metrics", "address": address, "filter_chains": [{"filters": filters}]}
