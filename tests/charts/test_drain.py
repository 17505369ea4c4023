"""A pod that goes away loses no request: the order of the clocks of gateway, pod and server."""

import ast
import json

import pytest

from tests.charts.conftest import ROOT, Render, pods
from tests.charts.test_render import SERVICES


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def gateway_needs() -> float:
    """Seconds after which the gateway sends nothing to a pod that is no longer listed, at worst: it asks for the names, whose
    answer the cluster's DNS may have kept for five seconds, or finds the pod unready by its own checks."""
    config = json.loads((ROOT / "helm" / "gateway" / "files" / "envoy.json").read_text())
    clusters = [c for c in config["static_resources"]["clusters"] if c["name"] in SERVICES]
    assert len(clusters) == len(SERVICES)
    kept_by_dns = 5.0
    return max(seconds(c["cluster_type"]["typed_config"]["dns_refresh_rate"]) for c in clusters) + kept_by_dns


def longest_request() -> float:
    config = json.dumps(json.loads((ROOT / "helm" / "gateway" / "files" / "envoy.json").read_text()))
    assert '"timeout": "30s"' in config
    return 30.0


@pytest.mark.parametrize("service", SERVICES)
def test_a_stopping_pod_serves_until_the_gateway_has_noticed(service: str, render: Render) -> None:
    spec = pods(render(service))[service]
    (container,) = spec["containers"]
    *entry, drained = container["lifecycle"]["preStop"]["exec"]["command"]
    assert entry == ["/app/docker/entrypoint", "drain"]
    drain = float(drained)
    config = next(d for d in render(service) if d["kind"] == "ConfigMap")["data"]
    graceful = float(config["GUNICORN_GRACEFUL_SECONDS"])
    assert drain > gateway_needs()
    assert drain + graceful + 5 <= spec["terminationGracePeriodSeconds"]


def test_gunicorn_reads_the_variable_that_the_chart_sets() -> None:
    source = (ROOT / "core" / "settings" / "gunicorn.py").read_text()
    names = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    assert {"GUNICORN_GRACEFUL_SECONDS", "GUNICORN_THREADS", "GUNICORN_WORKERS"} <= names


def test_a_stopping_gateway_outlives_the_longest_request(render: Render) -> None:
    spec = pods(render("gateway"))["gateway"]
    (container,) = spec["containers"]
    drain = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert longest_request() < drain < spec["terminationGracePeriodSeconds"]


def test_an_upgrade_takes_no_pod_before_a_new_one_serves(render: Render) -> None:
    for document in render("leadmesh"):
        if document["kind"] == "Deployment":
            assert document["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
