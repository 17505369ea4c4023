"""The metrics that the autoscalers ask for are made of what services and exporters show."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.conftest import BIN, HERE, ROOT, Render, named
from tests.charts.test_render import SERVICES

METRICS = ROOT / "helm" / "metrics"
ADAPTER: dict[str, Any] = yaml.safe_load((METRICS / "prometheus-adapter.yaml").read_text())["rules"]


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / "promtool"), *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["rules", "alerts"])
def test_rules_say_what_they_are_meant_to(name: str, tmp_path: Path) -> None:
    for file in (METRICS / f"{name}.yaml", HERE / f"{name}_test.yaml"):
        shutil.copy(file, tmp_path)
    done = promtool("test", "rules", str(tmp_path / f"{name}_test.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried() -> None:
    (group,) = yaml.safe_load((METRICS / "alerts.yaml").read_text())["groups"]
    cases = [
        case
        for test in yaml.safe_load((HERE / "alerts_test.yaml").read_text())["tests"]
        for case in test["alert_rule_test"]
    ]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == {rule["alert"] for rule in group["rules"]}


def test_the_depth_of_every_services_queues_is_counted() -> None:
    text = (METRICS / "rules.yaml").read_text()
    assert re.findall(r'"service", "([a-z]+)", ""', text) == list(SERVICES)
    assert f"({'|'.join(SERVICES)})" in text


def test_the_requests_of_a_pod_are_counted_without_its_probes(tmp_path: Path) -> None:
    (rule,) = ADAPTER["custom"]
    matchers = {"<<.GroupBy>>": "pod", "<<.LabelMatchers>>": 'namespace="crm"'}
    expression = rule["metricsQuery"]
    for marker, value in matchers.items():
        expression = expression.replace(marker, value)
    series = "django_http_responses_total_by_status_view_method_total"
    inputs = [
        {"series": f'{series}{{namespace="crm",pod="leads-1",view="{view}"}}', "values": f"0+{per_minute / 4}x8"}
        for view, per_minute in (
            ("services.leads.leads.api.Leads", 600),
            ("core.api.health.ready", 40),
            ("prometheus-django-metrics", 4),
            ("django_prometheus.exports.ExportToDjangoView", 4),
        )
    ]
    wanted = [{"labels": '{pod="leads-1"}', "value": 10}]
    test = {"interval": "15s", "input_series": inputs}
    test["promql_expr_test"] = [{"expr": expression, "eval_time": "2m", "exp_samples": wanted}]
    (tmp_path / "test.yaml").write_text(
        yaml.safe_dump({"rule_files": [], "evaluation_interval": "15s", "tests": [test]})
    )
    done = promtool("test", "rules", str(tmp_path / "test.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_adapter_gives_the_names_that_autoscalers_ask_for(render: Render) -> None:
    documents = render("leads", "production")
    metrics = [
        m
        for name in ("leads", "leads-worker")
        for m in named(documents, "HorizontalPodAutoscaler", name)["spec"]["metrics"]
    ]
    asked = {
        kind: {m[source]["metric"]["name"] for m in metrics if source in m}
        for kind, source in (("custom", "pods"), ("external", "external"))
    }
    assert asked == {kind: {rule["name"]["as"] for rule in ADAPTER[kind]} for kind in ("custom", "external")}
