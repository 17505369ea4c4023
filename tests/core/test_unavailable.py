"""Every 503 says when to come back."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from pymongo.errors import AutoReconnect

from core.errors import Unavailable
from services.leads.leads import queries
from tests.conftest import Api, Caller


@pytest.mark.parametrize("fault", [AutoReconnect("gone"), Unavailable("not now")])
def test_a_service_that_cannot_answer_says_when(api: Api, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(queries, "list_leads", fail)
    answer = api.get("/api/leads", as_=Caller())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_so_does_one_that_is_about_to_stop(api: Api, settings: LazySettings, tmp_path: Path) -> None:
    settings.DRAINING_FILE = str(tmp_path)
    assert api.get("/health/ready").headers["Retry-After"] == "2"
