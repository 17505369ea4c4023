"""Kinds that Kubernetes does not have itself: the Gateway API, and those of operators and of Istio.

Linkerd is told by annotations, which nothing here can check.
"""

import copy
import json
import subprocess

import pytest

from tests.charts.conftest import BIN, HERE, Document, Render
from tests.charts.test_render import FOREIGN, SERVICES


def complaints(documents: list[Document]) -> list[str | None]:
    """What each document's model has against it; models come from npm, Node.js from a wheel (install.py)."""
    words = [str(BIN / "node"), str(HERE / "models.mjs"), str(BIN.parent / "node_modules")]
    given = json.dumps(documents)
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def foreign(render: Render) -> list[Document]:
    return [d for d in render("leadmesh", "everything") if d["apiVersion"].startswith(FOREIGN)]


def test_their_models_take_every_document(foreign: list[Document]) -> None:
    kinds = {"HTTPRoute", "ServiceMonitor", "PodMonitor", "ExternalSecret", "PeerAuthentication", "VirtualService"}
    assert {d["kind"] for d in foreign} >= kinds
    assert [complaint for complaint in complaints(foreign) if complaint] == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("HTTPRoute", {"rules": [{"matches": [{"path": {"type": "Prefix", "value": "/"}}]}]}),
        ("HTTPRoute", {"rules": [{"backendRefs": [{"name": "leads", "port": "8000"}]}]}),
        ("ServiceMonitor", {"endpoints": {"port": "http"}}),
        ("ExternalSecret", {"refreshInterval": 3600}),
        ("VirtualService", {"hosts": "leads"}),
    ],
)
def test_the_models_do_refuse_something(kind: str, change: Document, foreign: list[Document]) -> None:
    document = copy.deepcopy(next(d for d in foreign if d["kind"] == kind))
    document["spec"] |= change
    assert complaints([document]) != [None]


def test_linkerd_tries_reads_again_and_nothing_else(render: Render) -> None:
    routes = [d for d in render("leads", "mesh.kind=linkerd") if d["kind"] == "HTTPRoute"]
    assert complaints(routes) == [None, None]
    retried = {
        route["metadata"]["name"]: "retry.linkerd.io/http" in route["metadata"]["annotations"] for route in routes
    }
    assert retried == {"leads-reads": True, "leads-writes": False}
    matches = [match["method"] for match in routes[0]["spec"]["rules"][0]["matches"]]
    assert matches == ["GET", "HEAD"]
    assert {ref["kind"] for route in routes for ref in route["spec"]["parentRefs"]} == {"Service"}


@pytest.mark.parametrize("service", SERVICES)
def test_routes_are_those_of_the_table(service: str, render: Render) -> None:
    from gateway.table import load

    (route,) = [d for d in render(service, "everything") if d["kind"] == "HTTPRoute"]
    paths: dict[str, str] = {}
    for rule in route["spec"]["rules"]:
        assert len(rule["matches"]) <= 8
        rewrites = [f["urlRewrite"]["path"]["replacePrefixMatch"] for f in rule.get("filters", [])]
        paths |= {match["path"]["value"]: (rewrites or [match["path"]["value"]])[0] for match in rule["matches"]}
    rows = [row for row in load() if row.service == service]
    own = [row for row in rows if not any(row.prefix.startswith(f"{other.prefix}/") for other in rows)]
    assert paths == {spelled: row.prefix for row in own for spelled in (row.prefix, *row.aliases)}
    assert len(route["spec"]["rules"]) <= 16


def test_a_plain_ingress_has_the_prefixes(render: Render) -> None:
    (ingress,) = [
        d for d in render("leads", "routing.kind=ingress", 'routing.hosts=["a.example"]') if d["kind"] == "Ingress"
    ]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "a.example"
    prefixes = ["/admin/leads", "/api/leads", "/api/schema/leads"]
    assert [path["path"] for path in rule["http"]["paths"]] == prefixes
