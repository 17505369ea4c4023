"""What a web process says of itself to those who send it requests."""

import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

_BEGAN = time.monotonic()
pytestmark = pytest.mark.usefixtures("database")


def test_a_process_about_to_stop_is_not_ready_and_still_serves(settings: LazySettings, tmp_path: Path) -> None:
    settings.DRAINING_FILE = str(tmp_path / "draining")
    assert Client().get("/health/ready").status_code == 200
    Path(settings.DRAINING_FILE).touch()
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert answer.json()["checks"]["database"] == "ok"
    assert Client().get("/health/live").status_code == 200
    assert Client().get("/api/health").json()["status"] == "ok"


def test_uptime_counts_from_the_start_of_the_process() -> None:
    seen = time.monotonic() - _BEGAN
    assert seen < Client().get("/api/health").json()["uptime"] < seen + 300
