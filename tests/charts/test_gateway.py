"""The gateway's configuration is one that Envoy takes, and says what its values say."""

import json
import subprocess
from pathlib import Path

import pytest

from gateway import environment, people
from gateway.envoy import KEYS, Settings, route_configuration, write_routes
from tests.charts.conftest import Document, Render, named, pods
from tests.charts.test_render import SERVICES, SETS


@pytest.mark.parametrize("values", SETS)
def test_the_configuration_of_the_gateway_is_one_that_envoy_takes(
    values: str, render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = render("gateway", values)
    text = named(documents, "ConfigMap", "gateway")["data"]["envoy.yaml"]
    (tmp_path / "envoy.yaml").write_text(text.replace("/run/gateway", str(tmp_path)))
    for agent in pods(documents)["gateway"].get("initContainers", []):
        settings = _settings(agent, tmp_path, monkeypatch)
        people.write_keys(tmp_path / KEYS, settings.legacy_key)
        write_routes(settings)
    words = [str(_envoy()), "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def _settings(agent: Document, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the agent makes of its container's environment."""
    for entry in agent["env"]:
        value = entry["value"]
        if entry["name"].endswith("_FILE"):
            value = folder / entry["name"]
            value.write_text("a secret")
        monkeypatch.setenv(entry["name"], str(value))
    return environment.settings(folder)


def _envoy() -> Path:
    import envoy

    (binary,) = [Path(folder) / "_bin" / "envoy" for folder in envoy.__path__]
    binary.chmod(0o755)
    return binary


def _configuration(documents: list[Document]) -> Document:
    return json.loads(named(documents, "ConfigMap", "gateway")["data"]["envoy.yaml"])


def _clusters(config: Document) -> dict[str, Document]:
    return {cluster["name"]: cluster for cluster in config["static_resources"]["clusters"]}


def _manager(config: Document) -> Document:
    return config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def test_the_gateway_follows_its_values(render: Render) -> None:
    plain, front = _configuration(render("gateway")), "https://app.example.com"
    restricted = _configuration(render("gateway", f'origins=["{front}"]'))
    assert set(_clusters(plain)) == {*SERVICES, "admin"}
    (host,) = _manager(plain)["route_config"]["virtual_hosts"]
    assert host["routes"][-1] == {"match": {"prefix": "/"}, "direct_response": {"status": 404}}
    (host,) = _manager(restricted)["route_config"]["virtual_hosts"]
    assert f'[{{"exact": "{front}"}}]' in json.dumps(host["typed_per_filter_config"])
    for config, pattern in (
        (restricted, r"https://app\.example\.com"),
        (plain, "http://localhost:3000|http://localhost:3001"),
    ):
        assert set(_patterns_of_origins(config)) == {pattern}
    (heap,) = [one["typed_config"] for one in plain["overload_manager"]["resource_monitors"] if "heap" in one["name"]]
    assert heap["max_heap_size_bytes"] == 256 * 1024 * 1024
    address = _clusters(plain)["leads"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
    assert address["socket_address"] == {"address": "leads-pods", "port_value": 8000}


def test_beside_an_old_system_the_routes_are_the_agents(
    render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = render("gateway", "production")
    config = _configuration(documents)
    assert "route_config" not in _manager(config)
    assert "/run/gateway/routes.json" in json.dumps(_manager(config)["rds"])
    tls = _clusters(config)["legacy"]["transport_socket"]["typed_config"]
    assert tls["sni"] == "old.example.com"
    (name,) = tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"]
    assert name["matcher"] == {"exact": "old.example.com"}
    assert "old.example.com" in json.dumps(_clusters(config)["legacy"]["load_assignment"])
    everything = _configuration(render("gateway", "everything"))
    assert "transport_socket" not in _clusters(everything)["legacy"]
    assert ".invalid" not in json.dumps([config, everything])
    assert set(_patterns_of_origins(config)) == {r"https://app\.example\.com"}
    (first,) = pods(documents)["gateway"]["initContainers"]
    settings = _settings(first, tmp_path, monkeypatch)
    assert (settings.legacy, settings.origins) == ("https://old.example.com:443", ("https://app.example.com",))
    assert route_configuration(settings)["virtual_hosts"][0]["routes"][-1]["route"]["cluster"] == "legacy"


def test_a_pod_serves_with_states_that_it_knows(render: Render) -> None:
    spec = pods(render("gateway", "production"))["gateway"]
    (first,), (envoy, agent) = spec["initContainers"], spec["containers"]
    assert first["args"] == ["gateway.agent", "--once"]
    assert agent["args"][0] == "gateway.agent"
    assert {"name": "LEADMESH_UNKNOWN_STATES", "value": "wait"} in first["env"]
    # They share one folder, in memory; as long as Envoy drains, its agent follows.
    (shared,) = [volume for volume in spec["volumes"] if "emptyDir" in volume]
    assert shared["emptyDir"]["medium"] == "Memory"
    for container in (first, envoy, agent):
        assert {"name": shared["name"], "mountPath": "/run/gateway"} in container["volumeMounts"]
    assert agent["lifecycle"] == envoy["lifecycle"]


def test_without_an_old_system_there_is_no_agent_and_no_secret(render: Render) -> None:
    documents = render("gateway", "everything", "legacy.host=")
    spec = pods(documents)["gateway"]
    assert [container["name"] for container in spec["containers"]] == ["envoy"]
    assert "initContainers" not in spec
    assert "ExternalSecret" not in {document["kind"] for document in documents}
    text = json.dumps(documents)
    assert not [word for word in ("MONGODB_URI", "JWT_SECRET", "keys.json", "to-mongodb", "jwt_authn") if word in text]


def test_the_agents_image_comes_from_where_the_services_do(render: Render) -> None:
    def image(*values: str) -> str:
        return str(pods(render("gateway", *values))["gateway"]["containers"][-1]["image"])

    assert image("legacy.host=old.test").startswith("leadmesh/gateway-agent:")
    assert image("production") == "registry.example.com/leadmesh/gateway-agent:2026.11"
    assert image("production", "agent.image.tag=next") == "registry.example.com/leadmesh/gateway-agent:next"


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
