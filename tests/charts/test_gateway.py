"""The gateway's configuration is one that Envoy takes, and says what its values say."""

import json
import subprocess
from pathlib import Path

from tests.charts.conftest import Document, Render, named
from tests.charts.test_render import SERVICES, SETS


def test_the_configuration_of_the_gateway_is_one_that_envoy_takes(render: Render, tmp_path) -> None:
    for values in SETS:
        text = named(render("gateway", values), "ConfigMap", "gateway")["data"]["envoy.yaml"]
        (tmp_path / "envoy.yaml").write_text(text)
        words = [str(_envoy()), "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


def _envoy() -> Path:
    import envoy

    (binary,) = [Path(folder) / "_bin" / "envoy" for folder in envoy.__path__]
    binary.chmod(0o755)
    return binary


def test_the_gateway_follows_its_values(render: Render) -> None:
    def envoy(*values: str) -> Document:
        return json.loads(named(render("gateway", *values), "ConfigMap", "gateway")["data"]["envoy.yaml"])

    def clusters(config: Document) -> dict[str, Document]:
        return {cluster["name"]: cluster for cluster in config["static_resources"]["clusters"]}

    def host(config: Document) -> Document:
        listener = config["static_resources"]["listeners"][0]
        return listener["filter_chains"][0]["filters"][0]["typed_config"]["route_config"]["virtual_hosts"][0]

    plain, old = envoy(), envoy("production")
    assert set(clusters(plain)) == {*SERVICES, "admin"}
    assert host(plain)["routes"][-1] == {"match": {"prefix": "/"}, "direct_response": {"status": 404}}
    assert host(old)["routes"][-1]["route"]["cluster"] == "legacy"
    tls = clusters(old)["legacy"]["transport_socket"]["typed_config"]
    assert tls["sni"] == "old.example.com"
    (name,) = tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"]
    assert name["matcher"] == {"exact": "old.example.com"}
    assert "old.example.com" in json.dumps(clusters(old)["legacy"]["load_assignment"])
    assert "transport_socket" not in clusters(envoy("everything"))["legacy"]
    assert ".invalid" not in json.dumps([plain, old, envoy("everything")])
    assert '[{"exact": "https://app.example.com"}]' in json.dumps(host(old)["typed_per_filter_config"])
    for config, pattern in (
        (old, r"https://app\.example\.com"),
        (plain, "http://localhost:3000|http://localhost:3001"),
    ):
        assert set(_patterns_of_origins(config)) == {pattern}
    (heap,) = [one["typed_config"] for one in plain["overload_manager"]["resource_monitors"] if "heap" in one["name"]]
    assert heap["max_heap_size_bytes"] == 256 * 1024 * 1024
    address = clusters(plain)["leads"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
    assert address["socket_address"] == {"address": "leads-pods", "port_value": 8000}


def _patterns_of_origins(node: object) -> list[str]:
    """Every pattern that a header `origin` is compared with."""
    if isinstance(node, list):
        return [pattern for member in node for pattern in _patterns_of_origins(member)]
    if not isinstance(node, dict):
        return []
    own = (
        [node["string_match"]["safe_regex"]["regex"]] if node.get("name") == "origin" and "string_match" in node else []
    )
    return own + _patterns_of_origins(list(node.values()))
