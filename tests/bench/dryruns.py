"""What a dry run costs: `pytest -s -q tests/bench/dryruns.py`. Milliseconds of its locks, and of live writes."""

import threading
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

import pytest

from core.documents.driver import database
from tests.conftest import Api, Caller
from tests.core.test_dryrun import SECRET, Trials, agent_lead, stored

TRIES, WRITES = 100, 200


@pytest.fixture(autouse=True)
def wanted(settings: Any) -> None:
    settings.DRY_RUN_SECRET = SECRET


def told(name: str, values: list[float]) -> None:
    cuts = quantiles(values, n=100)
    print(f"{name}: median {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, most {max(values):.2f} ms")


@pytest.mark.timeout(580)
def test_cost(api: Api, admin: Caller) -> None:
    trials = Trials(api)
    body, made = agent_lead(api, admin)
    before, path = stored(made), f"/api/leads/{made['leadId']}"
    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "create": lambda: trials.ask("POST", "/api/leads", body, admin, [("leads", before["_id"], None)]),
        "update": lambda: trials.ask("PUT", path, {"notes": "x"}, admin, [("leads", before["_id"], before)]),
        "delete": lambda: trials.ask("DELETE", path, None, admin, [("leads", before["_id"], before)]),
    }
    for name, ask in kinds.items():
        locks, whole, lost = [], [], 0
        for _ in range(TRIES):
            began = time.perf_counter()
            answer = ask()
            whole.append((time.perf_counter() - began) * 1000)
            lost += "unjudged" in answer
            locks += [answer["milliseconds"]] if "milliseconds" in answer else []
        told(f"{name}, locks", locks)
        told(f"{name}, whole call in this process", whole)
        print(f"{name}: {lost} of {TRIES} unjudged")
    for name, pause in (("no dry run", None), ("20 dry runs per second of it", 0.05), ("one after the other", 0.0)):
        told(f"live write of the same document, {name}", live(before, kinds["update"], pause))


def live(before: dict[str, Any], ask: Callable[[], object], pause: float | None) -> list[float]:
    stopping, taken = threading.Event(), list[float]()

    def write() -> None:
        for number in range(WRITES):
            began = time.perf_counter()
            database("leads")["leads"].update_one({"_id": before["_id"]}, {"$set": {"live": number}})
            taken.append((time.perf_counter() - began) * 1000)
            time.sleep(0.005)
        stopping.set()

    writer = threading.Thread(target=write)
    writer.start()
    while pause is not None and not stopping.is_set():
        ask()
        stopping.wait(pause)
    writer.join()
    return taken
