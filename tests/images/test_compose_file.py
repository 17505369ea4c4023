"""The compose file as written: what it refuses, what it says of every container; nothing is started."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from platform_services import BRIDGED
from tests.images.engine import ROOT, SERVICES, TOOLS, VERSION, run

_SECRETS = (
    "SECRET_KEY",
    "JWT_SECRET",
    "SERVICE_SECRET",
    "MONGODB_PASSWORD",
    "MONGODB_ADMIN_PASSWORD",
    "MONGODB_KEY",
    "REDIS_PASSWORD",
    "LEADMESH_VERSION",
)


def settings(folder: Path, *, without: str = "") -> Path:
    lines = [line for line in run("docker/new-env").splitlines() if not line.startswith(f"{without}=")]
    (folder / ".env").write_text("\n".join(lines), encoding="utf-8")
    return folder / ".env"


def config(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(TOOLS / "docker-compose"), "--env-file", str(file), "-f", "docker/compose.yaml", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("name", _SECRETS)
def test_nothing_starts_without(name: str, tmp_path: Path) -> None:
    outcome = config(settings(tmp_path, without=name), "config", "--quiet")
    assert outcome.returncode != 0
    assert f"required variable {name} is missing a value" in outcome.stderr


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    outcome = config(settings(tmp_path), "--profile", "*", "config", "--format", "json")
    assert outcome.returncode == 0, outcome.stderr
    found: dict[str, Any] = json.loads(outcome.stdout)["services"]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_a_profile_of_its_own(service: str, tmp_path: Path) -> None:
    listed = config(settings(tmp_path, without="COMPOSE_PROFILES"), "--profile", service, "config", "--services")
    parts = {"gateway", "gateway-config", "gateway-agent", "mongodb", "database", "valkey"}
    bridge = {f"{service}-bridge"} if service in BRIDGED else set()
    assert set(listed.stdout.split()) == parts | {service, f"{service}-worker", f"{service}-migrate"} | bridge


def test_agent_and_bridges_are_there_beside_an_old_system_only(tmp_path: Path) -> None:
    file = settings(tmp_path)
    names = ["gateway-agent", *(f"{service}-bridge" for service in (*BRIDGED, "monolith"))]
    assert _counts(file, names) == [0] * len(names)
    with file.open("a") as more:
        more.write("\nLEADMESH_LEGACY_URL=https://old.example.com\n")
    assert _counts(file, names) == [1] * len(names)


def _counts(file: Path, names: list[str]) -> list[int]:
    services = json.loads(config(file, "--profile", "*", "config", "--format", "json").stdout)["services"]
    assert services["gateway"]["depends_on"]["gateway-agent"] == {"condition": "service_healthy", "required": False}
    assert services["leads-bridge"]["image"] == services["leads"]["image"]
    return [int(services[name]["scale"]) for name in names]


def test_every_container_is_hardened(services: dict[str, Any]) -> None:
    assert len(services) >= 25
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])), name


def test_every_lasting_container_has_limits(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if service["restart"] == "unless-stopped":
            limits = service["deploy"]["resources"]["limits"]
            assert {"cpus", "memory", "pids"} <= set(limits), name


def test_every_image_has_a_version(services: dict[str, Any]) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].partition(":")
        assert tag not in ("", "latest"), name
        assert not service["image"].startswith("leadmesh/") or tag == VERSION, name


def test_fresh_secrets_are_all_different_and_long(tmp_path: Path) -> None:
    first, second = (
        dict(line.split("=", 1) for line in run("docker/new-env").splitlines() if "=" in line) for _ in "12"
    )
    values = [first[name] for name in _SECRETS[:-1]] + [second[name] for name in _SECRETS[:-1]]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 32
