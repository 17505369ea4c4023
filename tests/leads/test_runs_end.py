"""A run ends, whatever happens: a row that cannot be stored is one failed row, and nothing is tried for ever."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, NetworkTimeout, PyMongoError

from core import runs
from core.documents.collection import now
from core.documents.driver import database as mongo
from services.leads.bulk import actions as bulk
from services.leads.scoring import actions as scoring
from services.leads.scoring import tasks as scoring_tasks
from services.leads.transfer import actions, parts, tasks
from services.leads.transfer.models import IMPORTS
from services.leads.transfer.parts import Options
from tests.conftest import Api, Caller
from tests.leads.test_transfer import PATH, leads, many
from tests.system.platform import lead_body

POISON = "a137@example.com"
UNEXPECTED, TROUBLE = "an unexpected fault (OverflowError)", runs._TROUBLE
AGAIN = "others changed the same again and again"


def wait_is_over() -> None:
    mongo("leads")["leadimports"].update_many({}, {"$set": {"leaseUntil": now() - timedelta(seconds=1)}})


def worked_on(api: Api, caller: Caller, run: dict[str, Any]) -> dict[str, Any]:
    """Let workers come by until the import is over; return what its progress route tells."""
    for _ in range(60):
        with suppress(PyMongoError):
            tasks.go_on(str(run["_id"]))
        told = api.get(f"{PATH}/imports/{run['importId']}", as_=caller).json()
        if told["status"] not in ("pending", "processing"):
            return dict(told)
        wait_is_over()
    raise AssertionError("the import never ends")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda: OverflowError("too large for BSON"), UNEXPECTED),
        (lambda: NetworkTimeout("the transaction takes too long"), TROUBLE),
        (lambda: BulkWriteError({"writeErrors": [{"code": 11_000}]}), AGAIN),
    ],
    ids=["cannot be stored", "takes too long", "clashes for ever"],
)
def test_a_row_that_cannot_be_stored_is_one_failed_row(
    api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Exception], why: str
) -> None:
    real = parts.new_lead

    def poisoned(scope: Any, fields: dict[str, Any]) -> Any:
        if fields["contactInfo"]["email"] == POISON:
            raise fault()
        return real(scope, fields)

    monkeypatch.setattr(parts, "new_lead", poisoned)
    run = actions.start_import(manager.scope, "x.csv", many(300).encode(), {}, Options(), background=True)
    told = worked_on(api, manager, run)
    counters = ("totalRecords", "importedRecords", "failedRecords", "skippedRecords", "updatedRecords")
    assert (told["status"], [told[name] for name in counters]) == ("completed", [300, 299, 1, 0, 0])
    assert len({lead["emailKey"] for lead in leads()}) == 299
    (problem,) = mongo("leads")["leadimportproblems"].find({"kind": "error"})
    assert (problem["row"], problem["message"]) == (138, f"The row could not be stored: {why}")
    assert dict(problem["value"])["email"] == POISON


def test_a_worker_that_dies_of_a_row_again_and_again_leaves_it_out(
    api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    real = parts.new_lead

    def deadly(scope: Any, fields: dict[str, Any]) -> Any:
        if fields["contactInfo"]["email"] == "a3@example.com":
            raise Killed
        return real(scope, fields)

    monkeypatch.setattr(parts, "new_lead", deadly)
    run = actions.start_import(manager.scope, "x.csv", many(6).encode(), {}, Options(), background=True)
    for _ in range(40):
        with suppress(Killed):
            tasks.go_on(str(run["_id"]))
        wait_is_over()
    told = api.get(f"{PATH}/imports/{run['importId']}", as_=manager).json()
    assert (told["status"], told["importedRecords"], told["failedRecords"]) == ("completed", 5, 1)


def test_a_run_without_smaller_steps_fails_after_longer_and_longer_pauses(api: Api, manager: Caller) -> None:
    run = actions.start_import(manager.scope, "x.csv", many(3).encode(), {}, Options(), background=True)
    pauses: list[int] = []

    def away(_: Any) -> Any:
        raise AutoReconnect("the database is away")

    for _ in range(runs._MOST_TRIES):
        with pytest.raises(AutoReconnect):
            runs.work_on(IMPORTS, run["_id"], away)
        stored = mongo("leads")["leadimports"].find_one({})
        pauses.append(round((stored["leaseUntil"] - stored["updatedAt"]).total_seconds()))
        assert runs.waiting(IMPORTS) == []
        wait_is_over()
    assert runs.work_on(IMPORTS, run["_id"], away) is None
    assert pauses == sorted(pauses)
    assert pauses[-1] > 10 * pauses[0]
    told = api.get(f"{PATH}/imports/{run['importId']}", as_=manager).json()
    assert (told["status"], told["reason"]) == ("failed", TROUBLE)
    assert runs.waiting(IMPORTS) == []


def test_what_works_in_between_is_no_trouble(database: None, manager: Caller) -> None:
    """Only tries of the same step count."""
    run = actions.start_import(manager.scope, "x.csv", many(3).encode(), {}, Options(), background=True)
    turns = iter(range(100))

    def now_and_then(_: Any) -> Any:
        turn = next(turns)
        if turn == 60:
            return {"status": runs.COMPLETED}
        if turn % 3:
            raise AutoReconnect("for a moment")
        return {}

    ended = None
    while ended is None:
        with suppress(AutoReconnect):
            ended = runs.work_on(IMPORTS, run["_id"], now_and_then)
        wait_is_over()
    assert ended["status"] == runs.COMPLETED


def test_an_operation_on_many_tells_why_it_failed(api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made = api.post("/api/leads/bulk/create", {"leads": [lead_body(manager.user_id)]}, as_=manager).json()

    def broken(*_: Any) -> Any:
        raise OverflowError

    monkeypatch.setattr(bulk, "_do_some", broken)
    body = {"leadIds": [made[0]["_id"]], "status": "negotiating"}
    told = api.post("/api/leads/bulk/change-status", body, as_=manager).json()
    progress = api.get(f"/api/leads/bulk/progress/{told['operationId']}", as_=manager).json()
    assert (told["success"], progress["status"]) == (False, "failed")
    assert told["errors"] == progress["errors"]
    assert [error["message"] for error in progress["errors"]] == [UNEXPECTED]


def test_a_recalculation_tells_why_it_failed(
    api: Api, admin: Caller, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post("/api/leads/bulk/create", {"leads": [lead_body(manager.user_id)]}, as_=manager)

    def broken(*_: Any) -> Any:
        raise OverflowError

    monkeypatch.setattr(scoring, "_changes", broken)
    job = api.post("/api/leads/scoring/recalculate-all", as_=admin).json()["jobId"]
    (run,) = mongo("leads")["leadscoringruns"].find({})
    scoring_tasks.recalculate(str(run["_id"]))
    told = api.get(f"/api/leads/scoring/recalculate-all/{job}", as_=admin).json()
    assert (told["status"], told["reason"]) == ("failed", UNEXPECTED)
