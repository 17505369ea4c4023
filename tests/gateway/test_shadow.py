"""Two systems' answers compared: a real Envoy, its agent, the stand-in of the old system, and its twin in the services' place."""

from collections.abc import Iterator

import pytest

from gateway.states import State
from tests.gateway.shadowing import Shadowing
from tests.legacy.faults import DIFFERENCES
from tests.system.platform import until

SHADOW = State("shadow", 0, "person", 100)
# What each deliberate difference of a read must be found as.
FOUND = {
    "missing-field": (".leads[].tenantId", "extra"),
    "wrong-type": (".leads[].tenantId", "type"),
    "array-order": (".leads", "order"),
    "status-code": ("status", "value"),
    "float-rounding": (".leads[].score", "rounding"),
    "time-zone": (".leads[].createdAt", "value"),
    "null-for-missing": (".leads[].stageId", "null for missing"),
    "extra-field": (".leads[].internalCode", "missing"),
    "error-message": (".message", "value"),
    "paging-total": (".total", "value"),
    "header": ("header cache-control", "missing"),
    "encoding": ("encoding", "value"),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shadowing]:
    running = Shadowing(tmp_path_factory.mktemp("shadow"))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def forgotten(both: Shadowing) -> None:
    both.faults(both.old)
    both.faults(both.new)
    both.results.reset("leads.read")


def found(both: Shadowing) -> set[tuple[str, str]]:
    return {(one["where"], one["kind"]) for one in both.results.examples(both.run("leads.read"))}


def test_equal_answers_are_the_same(both: Shadowing) -> None:
    both.move("leads.read", SHADOW)
    assert both.client.get("/api/leads?limit=5").headers["x-powered-by"] == "Express"
    for path in ("/api/leads", "/api/leads/stats", "/api/leads/nobody", "/api/api/leads?status=new"):
        both.client.get(path)
    both.client.head("/api/leads")
    run = both.counted("leads.read", 6)
    assert (run["same"], run.get("different", 0), run.get("unjudged", 0)) == (6, 0, 0), run


@pytest.mark.parametrize("name", [name for name in DIFFERENCES if name in FOUND])
def test_each_difference_of_a_read_is_found(both: Shadowing, name: str) -> None:
    both.move("leads.read", SHADOW)
    lead = both.database["leads"].find_one({"deletedAt": None})
    assert lead is not None
    both.database["leads"].update_one({"_id": lead["_id"]}, {"$set": {"notes": "caf\u00e9", "score": 71.5}})
    both.faults(both.old, differences=[name], path="/api/leads")
    for path in ("/api/leads", "/api/leads/nobody", f"/api/leads/{lead['leadId']}"):
        both.client.get(path)
    both.counted("leads.read", 3)
    until(lambda: FOUND[name] in found(both), 5)
