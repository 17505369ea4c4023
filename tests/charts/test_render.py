"""Every chart is sound for small and large installations, on old and new clusters."""

import kubernetes_validate
import pytest

from platform_services import BRIDGED, SERVICES
from tests.charts.conftest import Document, Render, helm, named, pods, settings

CHARTS = (*SERVICES, "gateway", "leadmesh")
SETS = ("minimal", "production", "everything")
NEWEST = kubernetes_validate.latest_version()
# Kinds that Kubernetes itself does not have; test_models.py checks them.
FOREIGN = (
    "gateway.networking.k8s.io/",
    "monitoring.coreos.com/",
    "external-secrets.io/",
    "security.istio.io/",
    "networking.istio.io/",
)
pairs = pytest.mark.parametrize(("chart", "values"), [(chart, values) for chart in CHARTS for values in SETS])


@pairs
def test_helm_finds_nothing_to_complain_about(chart: str, values: str, package) -> None:
    done = helm("lint", "--strict", str(package(chart)), *settings(chart, values))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", ["1.29.0", NEWEST])
@pytest.mark.parametrize("values", SETS)
def test_kubernetes_would_take_every_document(values: str, version: str, render: Render) -> None:
    known = [d for d in render("leadmesh", values, kube=version) if not d["apiVersion"].startswith(FOREIGN)]
    assert {d["kind"] for d in known} >= {"Deployment", "Job", "Service", "ConfigMap", "ServiceAccount"}
    for document in known:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("chart", CHARTS[:-1])
@pytest.mark.parametrize("values", SETS)
def test_a_chart_makes_the_same_alone_as_in_the_umbrella(chart: str, values: str, render: Render) -> None:
    together = render("leadmesh", values)
    assert all(document in together for document in render(chart, values))


@pairs
def test_names_are_given_once(chart: str, values: str, render: Render) -> None:
    names = [(d["kind"], d["metadata"]["name"]) for d in render(chart, values)]
    assert len(names) == len(set(names))
    assert {d["metadata"]["namespace"] for d in render(chart, values)} == {"crm"}


def test_a_cluster_of_2020_gets_the_versions_that_it_knows(render: Render) -> None:
    documents = render("leads", "production", kube="1.20.2")
    assert {d["apiVersion"] for d in documents if d["kind"] == "HorizontalPodAutoscaler"} == {"autoscaling/v2beta2"}
    assert {d["apiVersion"] for d in documents if d["kind"] == "PodDisruptionBudget"} == {"policy/v1beta1"}
    for document in documents:
        if document["apiVersion"] == "autoscaling/v2beta2":
            # The oldest schemas at hand; the version was in Kubernetes 1.12 to 1.25.
            kubernetes_validate.validate(document, "1.25", strict=True)


def test_ports_name_their_protocol(render: Render) -> None:
    """Server-side apply of Kubernetes 1.20 takes the protocol for a key of the list, and refuses ports without one."""
    documents = render("leadmesh")
    ports = [port for d in documents if d["kind"] == "Service" for port in d["spec"]["ports"]]
    ports += [port for spec in pods(documents).values() for c in spec["containers"] for port in c.get("ports", [])]
    assert len(ports) > 20
    assert {port.get("protocol") for port in ports} == {"TCP"}


def test_the_cluster_decides_what_is_on_auto(render: Render) -> None:
    without = {d["kind"] for d in render("leads")}
    apis = ("monitoring.coreos.com/v1", "custom.metrics.k8s.io/v1beta1", "external.metrics.k8s.io/v1beta1")
    with_them = render("leads", apis=apis)
    assert without.isdisjoint({"ServiceMonitor", "PodMonitor", "HTTPRoute", "Ingress"})
    assert {"ServiceMonitor", "PodMonitor"} <= {d["kind"] for d in with_them}
    assert _metrics(named(with_them, "HorizontalPodAutoscaler", "leads")) == ["Resource", "Pods"]
    assert _metrics(named(with_them, "HorizontalPodAutoscaler", "leads-worker")) == ["Resource", "External"]
    assert _metrics(named(render("leads"), "HorizontalPodAutoscaler", "leads")) == ["Resource"]


def _metrics(autoscaler: Document) -> list[str]:
    return [metric["type"] for metric in autoscaler["spec"]["metrics"]]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_complete_by_itself(service: str, render: Render) -> None:
    documents = render(service, "production")
    names = {(d["kind"], d["metadata"]["name"]) for d in documents}
    web, worker = service, f"{service}-worker"
    wanted = {("Deployment", web), ("Deployment", worker), ("Job", f"{service}-migrate"), ("Service", web)}
    wanted |= {(kind, name) for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget") for name in (web, worker)}
    wanted |= {
        ("Service", f"{service}-pods"),
        ("ConfigMap", web),
        ("ServiceAccount", web),
        ("ServiceMonitor", web),
        ("PodMonitor", worker),
    }
    assert wanted <= names
    hooks = {d["metadata"]["name"]: d["metadata"].get("annotations", {}).get("helm.sh/hook") for d in documents}
    assert {name: hook for name, hook in hooks.items() if hook} == {f"{service}-migrate": "pre-install,pre-upgrade"}
    # Callers have one address; the gateway sees every pod.
    assert "clusterIP" not in named(documents, "Service", service)["spec"]
    assert named(documents, "Service", f"{service}-pods")["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize("service", SERVICES)
def test_a_bridge_is_there_when_asked_for_where_the_old_system_writes(service: str, render: Render) -> None:
    name = f"{service}-bridge"
    assert name not in pods(render(service, "production"))
    found = render(service, "production", "bridge.enabled=true")
    assert (name in pods(found)) == (service in BRIDGED)
    if service in BRIDGED:
        assert named(found, "Deployment", name)["spec"]["replicas"] == 1
        assert pods(found)[name]["containers"][0]["args"] == ["bridge"]
        named(found, "PodMonitor", name)


@pytest.mark.parametrize("service", SERVICES)
def test_selectors_find_the_pods_and_only_these(service: str, render: Render) -> None:
    documents = render("leadmesh", "everything")
    deployments = [d for d in documents if d["kind"] == "Deployment"]
    for kind in ("Service", "PodDisruptionBudget"):
        for document in [d for d in documents if d["kind"] == kind and d["metadata"]["name"].startswith(service)]:
            selector = document["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            found = [
                d["metadata"]["name"]
                for d in deployments
                if wanted <= d["spec"]["template"]["metadata"]["labels"].items()
            ]
            assert found == [document["metadata"]["name"].removesuffix("-pods")]


def test_changed_settings_make_new_pods(render: Render) -> None:
    def checksums(*values: str) -> set[str]:
        documents = [d for d in render("leads", *values) if d["kind"] == "Deployment"]
        return {d["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for d in documents}

    assert checksums() == checksums()
    assert checksums().isdisjoint(checksums("env.LOG_LEVEL=DEBUG"))


def test_a_services_own_values_win_over_global_ones_and_these_over_the_defaults(render: Render) -> None:
    own = ["global.web.threads=12", "users.web.threads=3", "global.worker.enabled=false", "users.worker.enabled=true"]
    documents = render("leadmesh", *own)
    threads = {s: named(documents, "ConfigMap", s)["data"]["GUNICORN_THREADS"] for s in SERVICES}
    assert threads == {"auth": "12", "users": "3", "leads": "12", "buyers": "12", "analytics": "12"}
    workers = [
        d["metadata"]["name"] for d in documents if d["kind"] == "Deployment" and "-worker" in d["metadata"]["name"]
    ]
    assert workers == ["users-worker"]


def test_the_umbrella_leaves_out_what_is_switched_off(render: Render) -> None:
    deployments = {
        d["metadata"]["name"] for d in render("leadmesh", "buyers.enabled=false") if d["kind"] == "Deployment"
    }
    assert "buyers" not in deployments
    assert {"leads", "leads-worker", "gateway"} <= deployments


def test_linkerd_gets_its_annotations_and_the_migration_no_sidecar(render: Render) -> None:
    documents = render("leads", "mesh.kind=linkerd")
    annotations = {
        d["metadata"]["name"]: d["spec"]["template"]["metadata"]["annotations"]
        for d in documents
        if d["kind"] in ("Deployment", "Job")
    }
    injected = {name: of["linkerd.io/inject"] for name, of in annotations.items()}
    assert injected == {"leads": "enabled", "leads-worker": "enabled", "leads-migrate": "disabled"}
