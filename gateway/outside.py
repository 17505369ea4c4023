"""Servers that are found by name, and those outside, which must prove who they are."""

from typing import Any
from urllib.parse import urlsplit

Config = dict[str, Any]

_TYPES = "type.googleapis.com/envoy"


def found_by_name(**dns: Any) -> Config:
    """Return how a cluster finds its instances: every address that DNS gives for their name. dns: DnsCluster's fields."""
    typed = {"@type": f"{_TYPES}.extensions.clusters.dns.v3.DnsCluster", **dns}
    return {"cluster_type": {"name": "envoy.cluster.dns", "typed_config": typed}}


def outside_cluster(name: str, url: str, authorities: str) -> Config:
    """Return the cluster `name` of a server outside. authorities: as in gateway.envoy.Settings."""
    parts = urlsplit(url)
    address = {"address": parts.hostname or "", "port_value": parts.port or (443 if parts.scheme == "https" else 80)}
    endpoint = {"endpoint": {"address": {"socket_address": address}}}
    cluster: Config = {
        "name": name,
        **found_by_name(dns_lookup_family="V4_PREFERRED"),
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if parts.scheme == "https":
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": _checked_server(parts.hostname or "", authorities),
        }
    return cluster


def _checked_server(host: str, authorities: str) -> Config:
    """Without both checks an attacker on the way could be that server: Envoy by itself accepts every certificate."""
    checks = {
        "trusted_ca": {"filename": authorities},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
    }
    return {
        "@type": f"{_TYPES}.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "sni": host,
        "common_tls_context": {"validation_context": checks},
    }
