"""Long work in steps that continues when its worker dies: a document holds the progress, a lease says which worker's turn it is.

A run is a document of its service with `status` (pending, running, completed, failed) and `leaseUntil`. A worker takes the
lease by compare-and-set and stores the progress of each step in the step's transaction, so that a step is done once. When a
worker is killed, or loses its lease, the next one continues exactly where it was.

No run is tried for ever. `tries` counts how often the next step was begun, by any worker, also by those that died during
it; each pause is longer than the one before. A run that can take smaller steps (`Retreat`) does so; else it fails with a
`reason`.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import Any, TypeVar

import structlog
from celery import shared_task
from pymongo.errors import PyMongoError

from core.documents.bypasses import every_run
from core.documents.collection import Collection, Filter, now
from core.documents.ids import object_id
from core.documents.shapes import RunDocument
from core.documents.transactions import in_transaction, is_passing
from core.worker.jobs import enqueue, every

log = structlog.get_logger(__name__)

PENDING, RUNNING, COMPLETED, FAILED = "pending", "running", "completed", "failed"
UNFINISHED = (PENDING, RUNNING)
# Longer than any step; short enough to wait for when the run's worker was killed.
LEASE = timedelta(seconds=30)
# Tries of a step as it is; tries in all; failed steps of one run in all.
_SAME, _MOST_TRIES, _MOST_TROUBLES = 3, 10, 300
_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
_RESUME_SECONDS = 15.0
_TROUBLE = "the database was too slow or away, or the worker was stopped"

Changes = dict[str, Any]
R = TypeVar("R", bound=RunDocument)
Step = Callable[[R], Changes]
# Gets a run whose step went wrong and why; returns what to note for a smaller one, or None when there is none. Runs in a
# transaction.
Retreat = Callable[[R, str], Changes | None]


class LeaseLost(RuntimeError):
    """Another worker goes on with the run: this one must stop, and its step is undone."""


class Again(RuntimeError):
    """Something came in between: the step is undone, and to be tried again."""


def new_run() -> RunDocument:
    """Return the members that every run begins with."""
    began: RunDocument = {"status": PENDING, "leaseUntil": now(), "lease": None, "finishedAt": None}
    return {**began, "tries": 0, "troubles": 0, "reason": None}


def waiting(runs: Collection[R]) -> list[Any]:
    """Return the ids of the runs that no worker has a lease on."""
    due = {"status": {"$in": UNFINISHED}, "leaseUntil": {"$lte": now()}}
    return [run["_id"] for run in every_run(runs).find(due, {"_id": 1})]


def in_worker(runs: Collection, name: str, step: Step, retreat: Retreat | None = None, *, resume: str) -> Any:
    """Return the Celery task `name`, which gets a run's id as text and works on it until it is over. The task `resume` starts
    it every 15 s for the runs without a lease: their process is gone, or the broker lost them."""

    @shared_task(name=name)
    def go_on(run_id: str) -> None:
        work_on(runs, object_id(run_id), step, retreat)

    @shared_task(name=resume)
    def resume_waiting() -> None:
        for run_id in waiting(runs):
            enqueue(go_on, str(run_id))

    every(_RESUME_SECONDS, resume)
    return go_on


def work_on(
    runs: Collection[R], run_id: object, step: Step[R], retreat: Retreat[R] | None = None, *, until: float = inf
) -> R | None:
    """Take the lease of a run and do `step` after `step` until it is over, or the monotonic clock shows `until`: then any worker
    may continue it. Return the run as it then is, or None when it failed, was over already, or another worker has the lease.

    step: gets the run, does the next part in the transaction that it runs in, and returns what to note in the run; `status`
    among it ends the run. It may be tried several times, also by raising Again. After an exception that is not the database's
    passing trouble, or too many such troubles, the run takes what `retreat` returns, else it fails. A passing trouble is raised,
    and the run waits.
    """
    run = _take(runs, run_id)
    if run is not None and run["tries"] > _SAME:
        run = _retreat(runs, run, retreat, _TROUBLE, hopeless=run["tries"] > _MOST_TRIES)
    while run is not None and run["status"] == RUNNING:
        if time.monotonic() > until:
            return every_run(runs).update_and_get(_mine(run), {"$set": {"leaseUntil": now()}, "$inc": {"tries": -1}})
        run = _do(runs, run, step, retreat)
    return run


def _take(runs: Collection[R], run_id: object) -> R | None:
    free = {"_id": run_id, "status": {"$in": UNFINISHED}, "leaseUntil": {"$lte": now()}}
    taken = {"status": RUNNING, "lease": uuid.uuid4().hex, "leaseUntil": now() + LEASE}
    return every_run(runs).update_and_get(free, {"$set": taken, "$inc": {"tries": 1}})


def _do(runs: Collection[R], run: R, step: Step[R], retreat: Retreat[R] | None = None) -> R | None:
    def work() -> R:
        return _note(runs, run, {"tries": 1, **step(run)})

    try:
        return in_transaction(runs.service, work)
    except LeaseLost:
        return None
    except Again:
        return _again(runs, run, retreat)
    except Exception as error:
        if is_passing(error):
            _pause(runs, run)
            raise
        log.exception("run_step_failed", run=str(run["_id"]), collection=runs.name)
        return _retreat(runs, run, retreat, f"an unexpected fault ({type(error).__name__})", hopeless=True)


def _again(runs: Collection[R], run: R, retreat: Retreat[R] | None) -> R | None:
    tried = every_run(runs).update_and_get(_mine(run), {"$inc": {"tries": 1}})
    if tried is None or tried["tries"] <= _SAME:
        return tried
    return _retreat(
        runs, tried, retreat, "others changed the same again and again", hopeless=tried["tries"] > _MOST_TRIES
    )


def _retreat(runs: Collection[R], run: R, retreat: Retreat[R] | None, why: str, *, hopeless: bool) -> R | None:
    """Return the run with a smaller step before it; as it is when there is none and it is not `hopeless`; else fail it."""

    def work() -> R | None:
        changes = retreat(run, why) if retreat else None
        return None if changes is None else _note(runs, run, {"troubles": _troubles(run) + 1, **changes})

    try:
        smaller = in_transaction(runs.service, work) if _troubles(run) < _MOST_TROUBLES else None
    except LeaseLost:
        return None
    except Exception as error:
        if is_passing(error):
            _pause(runs, run)
            raise
        log.exception("run_retreat_failed", run=str(run["_id"]), collection=runs.name)
        smaller, hopeless = None, True
    if smaller is None and (hopeless or _troubles(run) >= _MOST_TROUBLES):
        log.error("run_failed", run=str(run["_id"]), collection=runs.name, reason=why)
        _fail(runs, run, why)
        return None
    return smaller or run


def _pause(runs: Collection[R], run: R) -> None:
    """Let the run wait, longer after each try; where not even that can be noted, its lease does."""
    pause = min(_LONGEST_PAUSE, _PAUSE * 2 ** min(run["tries"], 10))
    with suppress(PyMongoError):
        every_run(runs).update_one(_mine(run), {"$set": {"leaseUntil": now() + pause}})


def _fail(runs: Collection[R], run: R, reason: str) -> None:
    change = {"status": FAILED, "reason": reason, "finishedAt": now()}
    every_run(runs).update_one(_mine(run), {"$set": change})


def _note(runs: Collection[R], run: R, changes: Changes) -> R:
    over = {"finishedAt": now()} if changes.get("status", RUNNING) != RUNNING else {}
    change = {"$set": {**changes, **over, "leaseUntil": now() + LEASE}}
    noted = every_run(runs).update_and_get({**_mine(run), "status": RUNNING}, change)
    if noted is None:
        raise LeaseLost(str(run["_id"]))
    return noted


def _troubles(run: RunDocument) -> int:
    return run.get("troubles", 0)


def _mine(run: RunDocument) -> Filter:
    return {"_id": run["_id"], "lease": run["lease"]}
