"""A run is one worker's at a time: nobody takes it while its lease is held, and who lost it changes nothing any more."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from core import runs
from core.documents.collection import Collection, now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from tests.conftest import TENANT

pytestmark = pytest.mark.usefixtures("database")
RUNS = Collection("things", "leads")
DONE = Collection("thingsdone", "leads")
SCOPE = TenantScope(TENANT, "64b0000000000000000000aa")


@pytest.fixture
def run() -> Any:
    return RUNS.scoped(SCOPE).insert_one(runs.new_run())["_id"]


def stored(run: Any) -> dict[str, Any]:
    return dict(RUNS.scoped(SCOPE).find_one({"_id": run}) or {})


def meanwhile(work: Callable[[], Any]) -> None:
    """Do `work` in another worker, to its end."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def lease_ends(run: Any) -> None:
    mongo("leads")["things"].update_one({"_id": run}, {"$set": {"leaseUntil": now() - timedelta(seconds=1)}})


def test_no_worker_takes_a_run_while_its_lease_is_held(run: Any) -> None:
    others: list[Any] = []

    def other() -> None:
        others.append(
            (runs.waiting(RUNS), runs.work_on(RUNS, run, lambda _: {"status": runs.COMPLETED, "by": "other"}))
        )

    def step(_: Any) -> Any:
        meanwhile(other)
        return {"status": runs.COMPLETED, "by": "first"}

    ended = runs.work_on(RUNS, run, step)
    assert others == [([], None)]
    assert ended
    assert (ended["status"], ended["by"], stored(run)["by"]) == (runs.COMPLETED, "first", "first")


def test_a_run_whose_lease_ran_out_is_the_next_workers(run: Any) -> None:
    runs._take(RUNS, run)
    assert runs.work_on(RUNS, run, lambda _: {"status": runs.COMPLETED}) is None
    lease_ends(run)
    assert runs.waiting(RUNS) == [run]
    ended = runs.work_on(RUNS, run, lambda _: {"status": runs.COMPLETED})
    assert ended
    assert ended["status"] == runs.COMPLETED


def test_a_run_that_is_over_is_no_workers(run: Any) -> None:
    runs.work_on(RUNS, run, lambda _: {"status": runs.COMPLETED})
    lease_ends(run)
    assert runs.waiting(RUNS) == []
    assert runs.work_on(RUNS, run, lambda _: {"status": runs.RUNNING}) is None
    assert stored(run)["status"] == runs.COMPLETED


def _raises(error: Exception) -> Callable[[], Any]:
    def end() -> Any:
        raise error

    return end


@pytest.mark.parametrize(
    "ends",
    [
        lambda: {"status": runs.COMPLETED, "by": "first"},
        lambda: {"by": "first"},
        _raises(ValueError("a fault")),
        _raises(runs.Again()),
        _raises(AutoReconnect("the database was away")),
    ],
    ids=["notes its end", "notes a step", "fails", "wants to try again", "lost the database"],
)
@pytest.mark.parametrize("retreat", [None, lambda run, why: {"by": "first"}], ids=["", "has smaller steps"])
def test_who_lost_the_lease_changes_nothing_any_more(run: Any, ends: Callable[[], Any], retreat: Any) -> None:
    """The first worker was held up for longer than its lease; the second took the run and is in its middle."""
    taken: list[dict[str, Any]] = []

    def second() -> None:
        lease_ends(run)
        steps = iter([{"by": "second"}])
        with suppress(AutoReconnect):
            runs.work_on(RUNS, run, lambda _: next(steps, None) or _raises(AutoReconnect("held up"))())
        taken.append(stored(run))

    def first(_: Any) -> Any:
        if not taken:
            meanwhile(second)
        DONE.scoped(SCOPE).insert_one({})
        return ends()

    with suppress(AutoReconnect):
        assert runs.work_on(RUNS, run, first, retreat) is None
    assert stored(run) == taken[0]
    assert (stored(run)["status"], stored(run)["by"]) == (runs.RUNNING, "second")
    assert mongo("leads")["thingsdone"].count_documents({}) == 0
