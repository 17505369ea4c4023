"""The network policies allow what the code does, in both directions, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

from helm.edges import OUTSIDE, edges
from tests.charts.conftest import Document, Render
from tests.charts.test_render import SERVICES

Edge = tuple[str, str]
NAME = "app.kubernetes.io/name"
ROOT = Path(__file__).resolve().parents[2]


def policies(documents: list[Document]) -> list[Document]:
    return [d for d in documents if d["kind"] == "NetworkPolicy"]


def between_services(documents: list[Document], direction: str) -> set[Edge]:
    """The edges between pods of the platform that policies of this direction allow."""
    peers, found = {"egress": "to", "ingress": "from"}[direction], set()
    for policy in policies(documents):
        own = policy["spec"]["podSelector"]["matchLabels"][NAME]
        for rule in policy["spec"].get(direction, []):
            for peer in rule.get(peers, []):
                other = peer.get("podSelector", {}).get("matchLabels", {}).get(NAME)
                if other:
                    found.add((own, other) if direction == "egress" else (other, own))
                    assert [port["port"] for port in rule["ports"]] == [8000]
    return found


@pytest.mark.parametrize("direction", ["egress", "ingress"])
def test_services_reach_whom_their_code_calls(direction: str, render: Render) -> None:
    wanted = {(service, called) for service, of in edges().items() for called in of.calls}
    wanted |= {("gateway", service) for service in SERVICES}
    assert between_services(render("leadmesh"), direction) == wanted


def test_the_edges_are_those_that_we_know_of() -> None:
    """Signing in to the admin and public keys go to auth, also from auth itself; copies are compared with their owners, also
    those that users keeps of itself. Events make no edge: they travel through Redis."""
    calls = {service: set(of.calls) for service, of in edges().items()}
    assert all("auth" in called for called in calls.values())
    assert calls["analytics"] == {"auth", "users", "leads", "buyers"}
    assert calls["leads"] == {"auth", "users"}
    assert ("users" in calls["users"]) and ("analytics" not in set.union(*calls.values()))


def test_events_travel_through_redis_only() -> None:
    """Whoever makes a delivery speak HTTP must draw its edges: transport knows Celery and nothing else
    (`core.effects` only says that something is about to happen)."""
    tree = ast.parse((ROOT / "core" / "events" / "transport.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc", "contextlib", "typing", "celery", "core.effects"}


def test_everything_is_denied_first(render: Render) -> None:
    for name in (*SERVICES, "gateway"):
        (deny,) = [p for p in policies(render("leadmesh")) if p["metadata"]["name"] == name]
        assert set(deny["spec"]) == {"podSelector", "policyTypes"}
        assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
        everywhere = {NAME: name} | ({"app.kubernetes.io/component": name} if name == "gateway" else {})
        assert deny["spec"]["podSelector"] == {"matchLabels": everywhere}


def test_other_edges_go_to_databases_names_and_where_the_code_goes_outside(render: Render) -> None:
    def others(service: str, *values: str) -> set[str]:
        names = {p["metadata"]["name"] for p in policies(render("leadmesh", *values))}
        known = {f"{service}-to-{other}" for other in SERVICES} | {f"{service}-from-{other}" for other in SERVICES}
        return {n.removeprefix(f"{service}-") for n in names if n.startswith(f"{service}-")} - {
            k.removeprefix(f"{service}-") for k in known
        }

    everybody = {"from-gateway", "from-monitoring", "to-mongodb", "to-redis", "to-dns"}
    assert others("analytics") == others("buyers") == everybody
    assert others("leads") == everybody | {"to-outside-https"}
    assert others("auth") == everybody | {"to-outside-https", "to-outside-smtp"}
    assert others("users") == everybody | {"to-outside-smtp"}
    assert others("leads", "global.network.outside.enabled=false") == everybody
    assert others("leads", "everything") == everybody | {"to-outside-https", "to-traces"}


def test_databases_are_where_the_values_say(render: Render) -> None:
    (policy,) = [p for p in policies(render("leads", "production")) if p["metadata"]["name"] == "leads-to-mongodb"]
    (rule,) = policy["spec"]["egress"]
    assert rule == {"ports": [{"protocol": "TCP", "port": 27017}], "to": [{"ipBlock": {"cidr": "10.20.0.0/24"}}]}


# How a module reaches beyond its process, and the modules of core that do so with an edge declared in helm/edges.py.
_CALLS = re.compile(r"\b(ServiceClient|address_of)\(")
_KINDS = {"https": re.compile(r"^(import|from) httpx", re.M), "smtp": re.compile(r"^from core\.worker\.mail", re.M)}
_DECLARED = {"core/admin/signin.py", "core/identity/keys.py", "core/events/rebuilding.py"}
_MEANS = {"core/clients/http.py", "core/settings/discovery.py"}


def _modules(pattern: re.Pattern[str], under: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in ROOT.glob(f"{under}/**/*.py") if pattern.search(path.read_text())}


def test_no_other_caller_reaches_a_service() -> None:
    """A new caller needs its edge in helm/edges.py, or the network policies cut it off; then it belongs here."""
    assert _modules(_CALLS, "core") | _modules(_CALLS, "services") == _DECLARED | _MEANS


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_reached_outside_is_what_the_code_reaches(service: str) -> None:
    found = {kind for kind, pattern in _KINDS.items() if _modules(pattern, f"services/{service}")}
    assert found == set(OUTSIDE.get(service, ()))
