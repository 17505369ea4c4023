"""Bridges are killed and frozen while the old system writes: each change is settled once, copies are right afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from tests.conftest import TENANT
from tests.legacy.leads import model
from tests.legacy.past import Past, faults, lead_of, settled

ROOT = Path(__file__).resolve().parents[2]
OWNER = "64b0000000000000000000aa"
# Of the shadow of a lead in other services, what its owner knows.
SAME = ("status", "score", "deletedAt")

CHANGES = 220
Child = subprocess.Popen[bytes]


@contextmanager
def bridges(count: int) -> Iterator[list[Child]]:
    """So many processes, which are killed at the end."""
    running = [started() for _ in range(count)]
    try:
        yield running
    finally:
        for child in running:
            child.kill()
            child.wait()


def started() -> Child:
    own = {**os.environ, "DJANGO_SETTINGS_MODULE": "services.leads.settings", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "services/leads/manage.py", "bridge", "--lease", "1"]
    return subprocess.Popen(command, cwd=ROOT, env=own)


def leader(running: list[Child]) -> Child | None:
    holder = (mongo("leads")["bridges"].find_one({"_id": "leads"}) or {}).get("holder", "")
    living = (child for child in running if child.poll() is None)
    return next((child for child in living if str(holder).endswith(f"process {child.pid})")), None)


def until(question: Callable[[], Any]) -> Any:
    """Return the first true answer; the test's own time limit ends the wait."""
    while not (answer := question()):
        time.sleep(0.05)
    return answer


@pytest.mark.timeout(300)
def test_killed_and_frozen_leaders_lose_nothing_and_tell_nothing_twice(database: None) -> None:
    past = Past(model(mongo("leads")), partial(lead_of, TENANT, OWNER))
    signalled: list[int] = []
    with bridges(3) as running:
        until(lambda: "walks" in (mongo("leads")["bridges"].find_one({"_id": "leads"}) or {}))
        until(lambda: not (mongo("leads")["bridges"].find_one({"_id": "leads"}) or {})["walks"])
        for number in range(CHANGES):
            past.change()
            if number in (60, 140):
                first = until(partial(leader, running))
                first.send_signal(signal.SIGKILL if number == 60 else signal.SIGSTOP)
                signalled.append(first.pid)
        # The frozen one wakes up in the middle of its work, while another one leads.
        until(lambda: leader(running) not in (None, first))
        first.send_signal(signal.SIGCONT)
        until(lambda: settled(mongo("leads"), "leads", "leads") >= CHANGES)
    deliver_all()
    assert settled(mongo("leads"), "leads", "leads") == CHANGES
    assert len({*signalled}) == 2
    assert list(faults(mongo("leads"), "leads")) == []
    assert differing() == []
    for key in past.removed:
        told = mongo("leads")["outboxevents"].count_documents({"entityId": str(key)})
        assert not told or copy_of(key)["deletedAt"]


def copy_of(key: Any) -> dict[str, Any]:
    return dict(mongo("buyers")["buyerleads"].find_one({"_id": str(key)}) or {})


def differing() -> list[str]:
    """Leads whose copy says something else than the lead itself."""
    found = mongo("leads")["leads"].find({})
    return [
        f"{lead['_id']}: {copy}"
        for lead in found
        if [lead.get(name) for name in SAME] + [lead["rev"]]
        != [(copy := copy_of(lead["_id"])).get(name) for name in SAME] + [copy.get("version")]
    ]
