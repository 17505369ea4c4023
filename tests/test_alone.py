"""Each service alone: its own settings, its own process, nothing of the others."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Caller
from tests.parts import free_port
from tests.system.platform import until

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("auth", "users", "leads", "buyers", "analytics")


def run(service: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"services/{service}/manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"services.{service}.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=SERVICES)
def alone(request: pytest.FixtureRequest, database: None) -> Iterator[tuple[str, httpx.Client]]:
    """A service under gunicorn, with the environment variable that names its settings, and nothing else running."""
    service, port = request.param, free_port()
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
        },
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
    try:
        until(lambda: _ready(client), 30)
        yield service, client
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


def test_a_service_serves_alone(alone: tuple[str, httpx.Client]) -> None:
    service, client = alone
    headers: dict[str, Any] = {"Authorization": f"Bearer {Caller('admin').token}"}
    for name, path in OWN.items():
        assert client.get(path, headers=headers).status_code == (200 if name == service else 404)
    assert client.get(f"/api/schema/{service}").json()["openapi"].startswith("3.")
    assert "leadmesh" in client.get("/metrics").text
    page = client.get(f"/admin/{service}/login/")
    assert page.status_code == 200
    sheet = re.search(r'href="(/static/unfold/[^"]+\.css)"', page.text)
    assert sheet
    assert client.get(sheet.group(1)).status_code == 200
    form = {"username": "a@x.test", "password": "Wr0ng!pass", "csrfmiddlewaretoken": client.cookies["leadmesh_csrf"]}
    refused = client.post(f"/admin/{service}/login/", data=form, headers={"Referer": str(client.base_url)})
    assert refused.status_code == 200, refused.text[:500]


def test_the_development_server_starts_by_itself() -> None:
    for service in SERVICES:
        outcome = run(service, "check")
        assert outcome.returncode == 0, outcome.stderr
