"""Every 503 says when to come back."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from pymongo.errors import AutoReconnect, ConnectionFailure, PyMongoError, ServerSelectionTimeoutError

from core.documents.transactions import in_transaction
from core.errors import Unavailable
from core.identity.access import memory
from core.identity.tables import AccessTable
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


def test_a_request_waits_for_a_database_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        waited.append("access")
        raise ServerSelectionTimeoutError("no primary")

    def reads(*_: object) -> tuple[list[object], int]:
        waited.append("leads")
        return [], 0

    waited: list[str] = []
    monkeypatch.setattr(AccessTable, "changed_since", away)
    monkeypatch.setattr(queries, "list_leads", reads)
    memory.forget()
    answer = api.get("/api/leads", as_=Caller())
    assert (answer.status_code, answer.headers["Retry-After"], waited) == (503, "2", ["access"])


def test_without_a_primary_a_transaction_is_not_tried_again() -> None:
    def work() -> None:
        tries.append(1)
        error = kind("no")
        error._add_error_label("TransientTransactionError")
        if len(tries) < 3:
            raise error

    tries: list[int] = []
    kind: type[PyMongoError] = ServerSelectionTimeoutError
    with pytest.raises(ConnectionFailure):
        in_transaction("leads", work)
    assert len(tries) == 1
    # A server that was there, and one that steps down, are tried again.
    tries, kind = [], AutoReconnect
    in_transaction("leads", work)
    assert len(tries) == 3
