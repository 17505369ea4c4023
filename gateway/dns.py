"""Envoy's configuration for containers: services are found by name, nothing is watched."""

from dataclasses import dataclass
from typing import Any

from gateway.envoy import Config, Settings, assemble, found_by_name, route_configuration
from platform_services import SERVICES

_TYPES = "type.googleapis.com/envoy"


@dataclass(frozen=True, slots=True)
class Names:
    """How services and the gateway's own numbers are reached. suffix: appended to a service's name, such as `.crm.svc`;
    admin: the socket file of Envoy's admin interface."""

    suffix: str = ""
    service_port: int = 8000
    metrics_port: int = 9901
    admin: str = "/tmp/envoy-admin.sock"  # noqa: S108 - the only writable folder of the container


def bootstrap(settings: Settings, names: Names) -> Config:
    """Return one bootstrap that holds everything: routes inside, one address per instance from DNS, and a listener that
    shows metrics and readiness only (Envoy's admin interface can stop it)."""
    routes = route_configuration(settings)
    _try_unsent_elsewhere(routes)
    config = assemble(settings, {"route_config": routes}, lambda service: _by_name(service, names))
    resources = config["static_resources"]
    resources["listeners"].append(_metrics_listener(settings.host, names.metrics_port))
    admin = {"pipe": {"path": names.admin}}
    config["admin"]["address"] = admin
    resources["clusters"].append({"name": "admin", "load_assignment": _one("admin", admin)})
    return config


def _try_unsent_elsewhere(routes: Config) -> None:
    """An instance may stop before this gateway has noticed: a request that could not be sent to it goes to another one, also
    a write. A request that was sent is never sent again, unless it is a read."""
    policies = [route["route"] for route in routes["virtual_hosts"][0]["routes"] if "route" in route]
    reads = next(policy["retry_policy"] for policy in policies if "retry_policy" in policy)
    unsent = {**reads, "retry_on": "connect-failure,reset-before-request", "retriable_status_codes": []}
    for policy in policies:
        if policy.get("cluster") in SERVICES:
            policy.setdefault("retry_policy", unsent)


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
