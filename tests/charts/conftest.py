"""The charts, packaged once, and what helm makes of them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VALUES = HERE / "values"
BIN = Path(sys.executable).parent
# `make test` runs where the services' libraries are; these tests need tools of their own: `make chart-test`.
collect_ignore_glob = [] if find_spec("kubernetes_validate") else ["test_*.py"]

Document = dict[str, Any]
Render = Callable[..., list[Document]]


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / "helm"), *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every chart's package; the sources stay as they are."""
    copy, built = tmp_path_factory.mktemp("source") / "helm", tmp_path_factory.mktemp("packages")
    subprocess.run(["cp", "-r", str(ROOT / "helm"), str(copy)], check=True)
    environment = {**os.environ, "HELM": str(BIN / "helm")}
    subprocess.run([str(copy / "package.sh"), str(built)], check=True, env=environment, capture_output=True)
    return built


@pytest.fixture(scope="session")
def package(packages: Path) -> Callable[[str], Path]:
    return lambda chart: next(packages.glob(f"{chart}-*.tgz"))


@pytest.fixture(scope="session")
def render(package: Callable[[str], Path]) -> Render:
    """render(chart, values...): the documents that the chart makes of files in values/ and of `name=value` settings."""

    @cache
    def rendered(chart: str, *values: str, kube: str = "1.29.0", apis: tuple[str, ...] = ()) -> list[Document]:
        words = ["template", "it", str(package(chart)), "--namespace", "crm", "--kube-version", kube]
        words += [word for api in apis for word in ("--api-versions", api)]
        done = helm(*words, *[word for value in values for word in settings(chart, value)])
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.load_all(done.stdout, yaml.CSafeLoader) if document]

    return rendered


def settings(chart: str, value: str) -> list[str]:
    """What helm is told for `name=value`, or for a file in values/ and the gateway's own beside it."""
    if "=" in value:
        return ["--set-json" if value.partition("=")[2][:1] in "[{" else "--set", value]
    words = [f"--values={VALUES / value}.yaml"]
    gateway = VALUES / f"{value}-gateway.yaml"
    if chart == "gateway" and gateway.exists():
        words.append(f"--values={gateway}")
    if chart == "leadmesh" and gateway.exists():
        words.append(f"--set-json=gateway={json.dumps(yaml.safe_load(gateway.read_text()))}")
    return words


def named(documents: list[Document], kind: str, name: str) -> Document:
    """The one document of this kind and name."""
    (found,) = [d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name]
    return found


def pods(documents: list[Document]) -> dict[str, Document]:
    """The pod specifications of all workloads, by the workload's name."""
    return {
        d["metadata"]["name"]: d["spec"]["template"]["spec"] for d in documents if d["kind"] in ("Deployment", "Job")
    }
