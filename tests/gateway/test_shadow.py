"""Two systems' answers compared: a real Envoy, its agent, the stand-in of the old system, and its twin in the services' place."""

import time
from collections.abc import Iterator

import httpx
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


def test_what_the_old_system_itself_changes_is_noise(both: Shadowing) -> None:
    both.move("leads.read", State())
    both.move("users.read", SHADOW)
    both.results.reset("users.read")
    # Each request of a person changes `lastActiveAt` in their answer.
    for _ in range(3):
        both.client.get("/api/users/me")
    run = both.counted("users.read", 3)
    assert (run["same"], run.get("different", 0)) == (3, 0)
    both.move("users.read", State())


def test_an_answer_that_is_well_only_the_second_time_is_not_judged(both: Shadowing) -> None:
    both.move("leads.read", SHADOW)
    both.faults(both.new, share=0.5, status=500, path="/api/leads")
    for _ in range(20):
        both.client.get("/api/leads/stats")
    run = both.counted("leads.read", 20)
    assert run.get("reasons", {}).get("agreed only when asked again", 0) + run.get("different", 0) > 3, run


@pytest.mark.parametrize(("state", "side"), [(State("service", 100, "person", 100), "new"), (SHADOW, "old")])
def test_whoever_answers_the_other_side_is_asked(both: Shadowing, state: State, side: str) -> None:
    both.move("leads.read", state)
    both.faults(both.new, differences=["extra-field"], path="/api/leads")
    assert ("internalCode" in both.client.get("/api/leads?limit=1").text) == (side == "new")
    both.counted("leads.read", 1)
    until(lambda: found(both) == {(".leads[].internalCode", "extra")}, 5)
    (example,) = both.results.examples(both.run("leads.read"))
    assert example["side"] == ("service" if side == "new" else "legacy")


def test_writes_and_what_the_gateway_answers_itself_are_counted_and_never_sent_twice(both: Shadowing) -> None:
    both.results.reset("leads.write")
    both.move("leads.write", SHADOW)
    before = both.database["leads"].count_documents({})
    assert both.client.post("/api/leads", json={}).status_code == 400
    run = both.counted("leads.write", 1)
    assert run["reasons"] == {"no dry run": 1}
    both.client.delete("/api/leads/nobody")
    both.counted("leads.write", 2)
    assert both.database["leads"].count_documents({}) == before
    both.move("leads.write", State())


def test_large_answers_are_not_kept(both: Shadowing) -> None:
    both.move("leads.read", SHADOW)
    lead = both.database["leads"].find_one({"deletedAt": None})
    assert lead is not None
    both.database["leads"].update_one({"_id": lead["_id"]}, {"$set": {"notes": "x" * 1_100_000}})
    assert len(both.client.get(f"/api/leads/{lead['leadId']}").content) > 1_100_000
    run = both.counted("leads.read", 1)
    both.database["leads"].update_one({"_id": lead["_id"]}, {"$set": {"notes": "short"}})
    assert run["reasons"] == {"too large": 1}


def test_a_share_of_the_requests_can_be_compared(both: Shadowing) -> None:
    both.move("leads.read", State("shadow", 0, "person", 20))
    for _ in range(100):
        assert both.client.get("/api/leads/stats").status_code == 200
    until(lambda: both.run("leads.read").get("same", 0) >= 5, 10)
    time.sleep(2)
    assert 5 <= both.run("leads.read")["same"] <= 40


def test_stored_examples_say_nothing_about_people(both: Shadowing) -> None:
    both.move("leads.read", SHADOW)
    lead = both.database["leads"].find_one({"deletedAt": None})
    assert lead is not None
    secret = {"notes": "Call Zelda Quimby 555-0188", "customFields": {"Zelda Quimby": "zelda@quimby.test"}}
    both.database["leads"].update_one({"_id": lead["_id"]}, {"$set": secret})
    both.faults(both.old, differences=["missing-field", "array-order", "wrong-type", "encoding"], path="/api/leads")
    both.faults(both.new, differences=["extra-field", "time-zone"], path="/api/leads")
    both.client.get(f"/api/leads/{lead['leadId']}?search=quimby")
    both.client.get("/api/leads?search=quimby")
    both.counted("leads.read", 2)
    until(lambda: found(both), 5)
    kept = " ".join(
        str(one)
        for name in ("shadowruns", "shadowshapes", "shadowexamples")
        for one in both.store.database[name].find()
    )
    for word in ("zelda", "quimby", "0188", lead["leadId"], str(lead["_id"])):
        assert word not in kept.lower()


def test_the_page_and_the_metrics_tell_it(both: Shadowing) -> None:
    both.move("leads.read", SHADOW)
    both.faults(both.old, differences=["extra-field"], path="/api/leads")
    both.client.get("/api/leads?limit=1")
    both.counted("leads.read", 1)
    both.store.database["shadowexamples"].update_many({}, {"$set": {"request": "<script>alert(1)</script>"}})
    page = httpx.get(f"http://127.0.0.1:{both.page}/")
    assert page.status_code == 200
    assert "leads.read" in page.text
    assert "internalCode" in page.text
    assert "<script>" not in page.text
    assert 'name="viewport"' in page.text
    metrics = httpx.get(f"http://127.0.0.1:{both.page}/metrics").text
    assert 'leadmesh_shadow_exchanges_total{group="leads.read",verdict="different"}' in metrics
    assert httpx.post(f"http://127.0.0.1:{both.page}/").status_code == 404
    assert httpx.get(f"http://127.0.0.1:{both.page}/other").status_code == 404
