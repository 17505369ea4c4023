"""What the charts take from code and tables is fresh, and the autoscalers' numbers mean what the scale contract says."""

import json
import math
import re

import pytest
import yaml

from helm.generate import CHARTS, files
from helm.scale import HEADROOM, Load, load, values
from tests.charts.conftest import ROOT, Document, Render, named, pods
from tests.charts.test_render import SERVICES


def test_generated_files_are_fresh() -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in files() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run `make charts-write`"


def test_charts_have_the_version_of_the_platform() -> None:
    version = (ROOT / "VERSION").read_text().strip()
    for chart in (*CHARTS, "library", "leadmesh"):
        described = yaml.safe_load((ROOT / "helm" / chart / "Chart.yaml").read_text())
        found = {described["version"], described.get("appVersion", version)}
        assert found | {d["version"] for d in described.get("dependencies", [])} == {version}


@pytest.mark.parametrize("service", SERVICES)
def test_autoscalers_keep_the_scale_contract(service: str, render: Render) -> None:
    contract, documents = load()[service], render(service, "production")
    web, worker = (named(documents, "HorizontalPodAutoscaler", name)["spec"] for name in (service, f"{service}-worker"))
    rate, depth = _average(web, "pods"), _average(worker, "external")
    assert rate <= contract.requests_per_second * HEADROOM
    assert web["maxReplicas"] * contract.requests_per_second * HEADROOM >= contract.peak_requests_per_second
    assert web["minReplicas"] >= 2
    assert depth / contract.tasks_per_second <= contract.lag_seconds
    assert worker["maxReplicas"] * contract.tasks_per_second * HEADROOM >= contract.peak_tasks_per_second
    for name in (service, f"{service}-worker"):
        (container,) = pods(documents)[name]["containers"]
        assert container["resources"]["requests"] == {"cpu": contract.cpu, "memory": contract.memory}


def _average(autoscaler: Document, kind: str) -> float:
    (metric,) = [metric[kind] for metric in autoscaler["metrics"] if kind in metric]
    return float(metric["target"]["averageValue"])


def test_workers_are_counted_by_their_own_services_queue(render: Render) -> None:
    autoscaler = named(render("buyers", "production"), "HorizontalPodAutoscaler", "buyers-worker")
    (metric,) = [metric["external"]["metric"] for metric in autoscaler["spec"]["metrics"] if "external" in metric]
    assert metric == {"name": "leadmesh_queue_depth", "selector": {"matchLabels": {"service": "buyers"}}}


def test_numbers_follow_from_the_load() -> None:
    made = values(Load("1", "100Mi", 200, 40, 400, 10, 70, 6))
    assert made["web"]["autoscaling"] == {
        "minReplicas": 2,
        "maxReplicas": 15,
        "cpuPercent": 70,
        "requestsPerSecond": 28,
    }
    assert made["worker"]["autoscaling"]["maxReplicas"] == math.ceil(70 / 7)
    assert made["worker"]["autoscaling"]["queueDepth"] == 60
    assert made["web"]["resources"]["limits"] == {"memory": "200Mi"}


@pytest.mark.parametrize(("chart", "file"), [("leads", "library"), ("gateway", "gateway"), ("leadmesh", "leadmesh")])
def test_every_value_is_in_its_schema_and_in_the_readme(chart: str, file: str) -> None:
    defaults = yaml.safe_load((ROOT / "helm" / file / "values.yaml").read_text())
    schema = json.loads((ROOT / "helm" / chart / "values.schema.json").read_text())
    text = (ROOT / "helm" / chart / "README.md").read_text()
    assert _unknown(defaults, schema) == []
    assert [name for name in defaults if not re.search(rf"`{name}[.`]", text)] == []


def _unknown(values: Document, schema: Document) -> list[str]:
    """The values that the schema does not name; objects of any form are not looked into."""
    known = schema.get("properties")
    if known is None:
        return []
    lost = [name for name in values if name not in known]
    inner = [(of, known[name]) for name, of in values.items() if isinstance(of, dict) and name in known]
    return lost + [name for of, part in inner for name in _unknown(of, part)]
