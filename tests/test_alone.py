"""Each service alone: its own settings, its own process, nothing of the others."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from platform_services import SERVICES
from tests.conftest import Caller
from tests.parts import free_port
from tests.system.platform import until

ROOT = Path(__file__).resolve().parents[1]


def run(service: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"services/{service}/manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"services.{service}.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def served(service: str, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A service under gunicorn, with the environment variable that names its settings, and nothing else running."""
    port = free_port()
    prepared = run(service, "prepare")
    assert prepared.returncode == 0, prepared.stderr
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "core/settings/gunicorn.py", f"services.{service}.wsgi:application"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": f"services.{service}.settings",
            "LEADMESH_BIND": f"127.0.0.1:{port}",
            "AUTH_URL": f"http://127.0.0.1:{port}",
            **environment,
        },
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
    try:
        until(lambda: _ready(client), 30)
        yield process, client
    finally:
        process.terminate()
        process.wait()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


OWN = {
    "auth": "/api/auth/validate",
    "users": "/api/users",
    "leads": "/api/leads",
    "buyers": "/api/buyers",
    "analytics": "/api/dashboard",
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_serves_alone(service: str, database: None) -> None:
    with served(service) as (_, client):
        _serves_alone(service, client)


def _serves_alone(service: str, client: httpx.Client) -> None:
    headers: dict[str, Any] = {"Authorization": f"Bearer {Caller('admin').token}"}
    for name, path in OWN.items():
        assert client.get(path, headers=headers).status_code == (200 if name == service else 404)
    assert client.get(f"/api/schema/{service}").json()["openapi"].startswith("3.")
    assert "leadmesh" in client.get("/metrics").text
    # As long an address as the gateway lets through is answered by us, not by gunicorn.
    assert client.get(f"/api/{'a' * 12_000}", headers=headers).json()["statusCode"] == 404
    page = client.get(f"/admin/{service}/login/")
    assert page.status_code == 200
    sheet = re.search(r'href="(/static/unfold/[^"]+\.css)"', page.text)
    assert sheet
    assert client.get(sheet.group(1)).status_code == 200
    form = {"username": "a@x.test", "password": "Wr0ng!pass", "csrfmiddlewaretoken": client.cookies["leadmesh_csrf"]}
    refused = client.post(f"/admin/{service}/login/", data=form, headers={"Referer": str(client.base_url)})
    assert refused.status_code == 200, refused.text[:500]


def test_a_stop_is_told_before_connections_close(database: None, tmp_path: Path) -> None:
    draining = tmp_path / "draining"
    draining.touch()
    with served("leads", LEADMESH_DRAINING_FILE=str(draining), LEADMESH_DRAIN_SECONDS="60") as (process, client):
        # What the process before left there counts for nothing: the start was seen to be ready.
        assert client.get("/health/live").headers["connection"] == "keep-alive"
        process.terminate()
        until(lambda: client.get("/health/ready").status_code == 503, 10)
        # Whoever kept a connection open is told to open another one, elsewhere.
        assert client.get("/health/live").headers["connection"] == "close"
        assert client.get("/health/ready").json()["status"] == "draining"
        assert client.get("/api/leads").status_code == 401
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_a_drained_process_stops_by_itself(database: None, tmp_path: Path) -> None:
    draining = str(tmp_path / "draining")
    with served("leads", LEADMESH_DRAINING_FILE=draining, LEADMESH_DRAIN_SECONDS="1") as (process, _):
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_a_process_that_was_drained_before_stops_at_once(database: None, tmp_path: Path) -> None:
    draining = tmp_path / "draining"
    with served("leads", LEADMESH_DRAINING_FILE=str(draining), LEADMESH_DRAIN_SECONDS="60") as (process, client):
        draining.touch()
        assert client.get("/health/ready").status_code == 503
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_the_development_server_starts_by_itself() -> None:
    for service in SERVICES:
        outcome = run(service, "check")
        assert outcome.returncode == 0, outcome.stderr
