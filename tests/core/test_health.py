"""What a process says of itself to those who send it requests or start it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import LazySettings, settings
from django.test import Client
from pymongo.errors import AutoReconnect

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.health import checks
from core.health.worker import Watch
from core.identity.access import memory
from core.identity.keys import key_set
from core.identity.tables import ACCESS
from tests.parts import free_port

ROOT = Path(__file__).parents[2]
_BEGAN = time.monotonic()
pytestmark = pytest.mark.usefixtures("database")


def asked(path: str) -> tuple[int, Any]:
    answer = Client().get(path)
    return answer.status_code, answer.json()


def failing() -> set[str]:
    """The names of the checks that do not pass; how full this machine's disk is does not matter."""
    _, told = asked("/health/checks?format=json")
    return {name for name, state in told.items() if state != "OK" and not name.startswith("Disk")}


@pytest.fixture
def no_broker(settings: LazySettings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"


@pytest.fixture(params=["refuses", "hangs"])
def no_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    over = threading.Event()

    def away(service: str) -> None:
        if request.param == "hangs":
            over.wait(60)
        raise AutoReconnect("gone")

    monkeypatch.setattr(checks, "ping", away)
    yield
    over.set()


def test_a_process_about_to_stop_is_not_ready_and_still_serves(settings: LazySettings, tmp_path: Path) -> None:
    settings.DRAINING_FILE = str(tmp_path / "draining")
    assert asked("/health/ready")[0] == 200
    Path(settings.DRAINING_FILE).touch()
    status, told = asked("/health/ready")
    assert (status, told["status"], told["checks"]["database"]) == (503, "draining", "ok")
    assert asked("/health/live")[0] == 200
    assert asked("/api/health")[1]["status"] == "ok"


def test_uptime_counts_from_the_start_of_the_process() -> None:
    seen = time.monotonic() - _BEGAN
    assert seen < asked("/api/health")[1]["uptime"] < seen + 300


def test_without_its_database_a_process_is_alive_but_not_ready(no_database: None) -> None:
    status, told = asked("/health/ready")
    assert (status, told["status"]) == (503, "not ready")
    assert told["checks"] == {"database": "down", "redis": "ok", "search": "down"}
    status, told = asked("/api/health")
    assert (status, told["status"]) == (503, "error")
    assert told["services"] == {"database": "disconnected", "redis": "connected", "search": "disconnected"}
    assert asked("/health/live")[0] == 200


def test_without_a_broker_a_process_is_ready_and_says_so(no_broker: None) -> None:
    assert asked("/health/ready")[0] == 200
    assert asked("/health/ready")[1]["checks"] == {"database": "ok", "redis": "down", "search": "ok"}
    status, told = asked("/api/health")
    assert (status, told["status"], told["services"]["redis"]) == (200, "ok", "disconnected")


def test_every_check_has_its_name(settings: LazySettings) -> None:
    _, told = asked("/health/checks?format=json")
    services = [f"{check}(service='{service}')" for check in ("Mongo", "Outbox") for service in settings.SERVICES]
    assert {*services, "Cache(alias='default')", "Draining()", "Keys()"} <= told.keys()
    assert [name.partition("(")[0] for name in told if name not in services] == [
        "Redis",
        "Draining",
        "Cache",
        "Keys",
        "Disk",
    ]
    assert failing() == set()
    assert 'django_health_check_status{check="Mongo",service="leads"} 1' in (
        Client().get("/health/checks?format=openmetrics").content.decode()
    )


def test_an_event_that_no_service_takes_is_told_and_stops_nothing() -> None:
    event = {"_id": "e", "publisher": "leads", "createdAt": now() - timedelta(minutes=9)}
    mongo("leads")["outboxevents"].insert_one(event)
    assert failing() == set()
    mongo("leads")["outboxevents"].update_one({}, {"$set": {"createdAt": now() - timedelta(minutes=11)}})
    assert failing() == {"Outbox(service='leads')"}
    assert asked("/health/checks?format=json")[0] == 500
    assert asked("/health/ready")[0] == 200
    mongo("leads")["outboxevents"].update_one({}, {"$set": {"deliveredAt": now()}})
    assert failing() == set()


def test_a_service_that_knows_no_key_of_auth_says_so(settings: LazySettings) -> None:
    settings.JWKS_PROVIDER = ""
    key_set.forget()
    assert failing() == {"Keys()"}
    settings.JWT_ACCEPT = ("legacy",)
    assert failing() == set()
    settings.JWT_ACCEPT = ("legacy", "jwks")
    ACCESS.save(settings.SERVICES[0], "jwks", {"keys": [{"kid": "a"}]})
    memory.forget()
    assert failing() == set()


def test_a_worker_is_ready_as_long_as_it_has_what_it_needs(settings: LazySettings, tmp_path: Path) -> None:
    ready, broker = tmp_path / "ready", settings.REDIS_URL
    watch = Watch(str(ready))
    watch.look()
    assert not ready.exists()
    watch.consume()
    watch.look()
    assert ready.exists()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    watch.look()
    assert not ready.exists()
    settings.REDIS_URL = broker
    watch.look()
    assert ready.exists()
    watch.stop()
    watch.look()
    assert not ready.exists()


def test_a_worker_without_its_database_is_not_ready(no_database: None, tmp_path: Path) -> None:
    watch = Watch(str(tmp_path / "ready"))
    watch.consume()
    watch.look()
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_starts_without_a_broker_says_so(tmp_path: Path) -> None:
    port, ready = free_port(), tmp_path / "ready"
    environment = {
        **os.environ,
        "LEADMESH_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "services.leads.settings",
        "MONGODB_URI": settings.DATABASES["default"]["HOST"],
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "LEADMESH_METRICS_PORT": str(port),
        "LEADMESH_READY_FILE": str(ready),
    }
    command = [sys.executable, "-m", "celery", "-A", "services.leads.celery", "worker", "--loglevel", "ERROR"]
    with subprocess.Popen(command, env=environment, cwd=ROOT) as worker:
        try:
            told = _told_by(port)
        finally:
            worker.kill()
    assert 'leadmesh_check_passed{check="Mongo",service="leads"} 1.0' in told
    assert 'leadmesh_check_passed{check="Broker",service=""} 0.0' in told
    assert not ready.exists()


def _told_by(port: int) -> str:
    """Return the metrics of a worker as soon as its checks are among them."""
    while True:
        with suppress(httpx.TransportError):
            told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            if "leadmesh_check_passed{" in told and 'check="Outbox"' in told:
                return told
        time.sleep(0.2)
