"""Long work in steps that survives the worker: a document says how far it is, a lease says whose turn it is.

A run is a document of its service with `status` (pending, running, completed, failed) and `leaseUntil`. Whoever goes on with it
takes the lease by compare-and-set and notes each step in the transaction that does it, so that a step is done once: a worker
that was killed, or lost its lease, leaves the next one exactly where it was.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from core.documents.collection import Collection, now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.documents.transactions import in_transaction, is_passing

log = structlog.get_logger(__name__)

PENDING, RUNNING, COMPLETED, FAILED = "pending", "running", "completed", "failed"
# Longer than any step; shorter than anybody's patience with a run whose worker was killed.
LEASE = timedelta(seconds=30)
_SYSTEM = TenantScope.system("runs of all tenants are worked on by the same workers")

Changes = dict[str, Any]
Step = Callable[[Document], Changes]


class LeaseLost(RuntimeError):
    """Another worker goes on with the run: this one must stop, and its step is undone."""


class Again(RuntimeError):
    """Something came in between: the step is undone, and to be tried again."""


def new_run(**members: Any) -> Document:
    """Return the members that a run begins with."""
    return {"status": PENDING, "leaseUntil": now(), "lease": None, "finishedAt": None, **members}


def waiting(runs: Collection) -> list[Any]:
    """Return the ids of the runs that nobody works on."""
    due = {"status": {"$in": [PENDING, RUNNING]}, "leaseUntil": {"$lte": now()}}
    return [run["_id"] for run in runs.scoped(_SYSTEM).find(due, {"_id": 1})]


def work_on(runs: Collection, run_id: Any, step: Step) -> Document | None:
    """Take the lease of a run and do `step` after `step` until it is over; return the run as it then is, or None when it is
    over already or somebody else's turn.

    step: gets the run, does the next part in the transaction that it runs in, and returns what to note in the run; `status`
    among it ends the run. It may be tried several times, also by raising Again. An exception that is not the database's passing
    trouble fails the run; after such a trouble, which is raised, the run waits for the end of its lease.
    """
    run = _take(runs, run_id)
    while run is not None and run["status"] == RUNNING:
        run = _do(runs, run, step)
    return run


def _take(runs: Collection, run_id: Any) -> Document | None:
    free = {"_id": run_id, "status": {"$in": [PENDING, RUNNING]}, "leaseUntil": {"$lte": now()}}
    taken = {"status": RUNNING, "lease": uuid.uuid4().hex, "leaseUntil": now() + LEASE}
    return runs.scoped(_SYSTEM).update_one(free, {"$set": taken})


def _do(runs: Collection, run: Document, step: Step) -> Document | None:
    def work() -> Document:
        return _note(runs, run, step(run))

    try:
        return in_transaction(runs.service, work)
    except LeaseLost:
        return None
    except Again:
        return run
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("run_failed", run=str(run["_id"]), collection=runs.name)
        _fail(runs, run, type(error).__name__)
        return None


def _fail(runs: Collection, run: Document, reason: str) -> None:
    change = {"status": FAILED, "reason": reason, "finishedAt": now()}
    runs.scoped(_SYSTEM).update_one({"_id": run["_id"], "lease": run["lease"]}, {"$set": change})


def _note(runs: Collection, run: Document, changes: Changes) -> Document:
    over = {"finishedAt": now()} if changes.get("status", RUNNING) != RUNNING else {}
    change = {"$set": {**changes, **over, "leaseUntil": now() + LEASE}}
    noted = runs.scoped(_SYSTEM).update_one({"_id": run["_id"], "lease": run["lease"], "status": RUNNING}, change)
    if noted is None:
        raise LeaseLost(str(run["_id"]))
    return noted
