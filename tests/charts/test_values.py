"""helm refuses values that cannot be meant, before anything is installed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.conftest import helm, settings


@pytest.mark.parametrize(
    ("chart", "wrong", "complaint"),
    [
        ("leads", "web.replica=3", "replica"),
        ("leads", "web.replicas=0", "replicas"),
        ("leads", "web.replicas=many", "replicas"),
        ("leads", "image.digest=sha256:abc", "digest"),
        ("leads", "image.pullPolicy=Sometimes", "pullPolicy"),
        ("leads", "secrets.keys=[]", "keys"),
        ("leads", "secrets.existingSecret=My_Secret", "existingSecret"),
        ("leads", "env.log-level=INFO", "log-level"),
        ("leads", 'env.LOG_LEVEL={"a": 1}', "LOG_LEVEL"),
        ("leads", "web.autoscaling.cpuPercent=150", "cpuPercent"),
        ("leads", "serviceMonitor.enabled=perhaps", "serviceMonitor"),
        ("leads", "mesh.kind=consul", "mesh"),
        ("leads", "routing.kind=gateway", "routing"),
        ("leads", "routing.kind=httpRoute", "must name a Gateway"),
        ("leads", "web.terminationGracePeriodSeconds=30", "must be at least 35"),
        ("leads", "global.image.digest=sha256:abc", "digest"),
        ("leads", "global.wbe.threads=3", "wbe"),
        ("gateway", 'origins=["app.example.com"]', "origins"),
        ("gateway", "service.port=80000", "port"),
        ("gateway", "expose.kind=httpRoute", "must name a Gateway"),
        ("gateway", "drainSeconds=20", "must be longer"),
        ("gateway", "agent.unknownStates=guess", "unknownStates"),
        ("gateway", "agent.enabled=false", "enabled"),
        ("gateway", "agent.env.shadow-rate=5", "shadow-rate"),
        ("gateway", "legacy.url=https://old.example.com", "url"),
        ("leadmesh", "lead.web.threads=3", "lead"),
        ("leadmesh", "leads.web.thread=3", "thread"),
        ("leadmesh", "global.worker.autoscaling.queueDepth=0", "queueDepth"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    chart: str, wrong: str, complaint: str, package: Callable[[str], Path]
) -> None:
    done = helm("template", "it", str(package(chart)), *settings(chart, wrong))
    assert done.returncode != 0
    assert complaint in done.stderr
