"""Scoring, through the API."""

import copy
import threading
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from core import runs
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.leads.scoring import actions, rules, tasks
from services.leads.scoring.models import RUNS
from tests import revisions
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.system.platform import lead_body

PATH = "/api/leads/scoring"
CONFIGURATION = copy.deepcopy(rules.DEFAULT)


@pytest.fixture
def lead(api: Api, manager: Caller) -> dict[str, Any]:
    return dict(api.post("/api/leads", lead_body(manager.user_id), as_=manager).json())


def weighted(**weights: float) -> dict[str, Any]:
    """The default configuration with only these factors."""
    chosen = [{**one, "weight": weights[one["name"]]} for one in CONFIGURATION["factors"] if one["name"] in weights]
    return {**CONFIGURATION, "factors": chosen}


def test_a_score_tells_what_it_is_made_of(api: Api, agent: Caller, lead: dict[str, Any]) -> None:
    answer = api.get(f"{PATH}/explain/{lead['leadId']}", as_=agent)
    assert answer.status_code == 200
    score = answer.json()
    assert score["maxPossibleScore"] == 120
    assert score["totalScore"] == round(sum(one["weightedScore"] for one in score["factorScores"]), 2)
    assert [one["weightedScore"] for one in score["factorScores"]] == sorted(
        (one["weightedScore"] for one in score["factorScores"]), reverse=True
    )
    assert all(one["explanation"] for one in score["factorScores"])
    by_document_id = api.post(f"{PATH}/{lead['_id']}/score", as_=agent).json()
    assert by_document_id["score"]["totalScore"] == score["totalScore"]
    assert by_document_id["leadId"] == lead["leadId"]


def test_a_sent_configuration_counts_for_this_answer_only(api: Api, agent: Caller, lead: dict[str, Any]) -> None:
    sent = weighted(source_quality=100)
    answer = api.post(f"{PATH}/{lead['leadId']}/score", sent, as_=agent)
    assert answer.status_code == 201
    # A website is worth 80 points; hot begins at 80 with the tenant's thresholds.
    assert (answer.json()["score"]["percentageScore"], answer.json()["category"]) == (80, "hot")
    assert "score" not in api.get(f"/api/leads/{lead['leadId']}", as_=agent).json()


def test_a_batch_scores_those_that_are_there(api: Api, manager: Caller, lead: dict[str, Any]) -> None:
    ids = [lead["leadId"], lead["leadId"], lead["_id"], "10000000-0000-4000-8000-0000000000ff", "nonsense"]
    answer = api.post(f"{PATH}/batch", {"leadIds": ids}, as_=manager)
    assert answer.status_code == 201
    body = answer.json()
    assert [one["leadId"] for one in body["results"]] == [lead["leadId"]]
    assert (body["totalProcessed"], body["successful"], body["failed"]) == (5, 1, 3)


def test_a_tenants_configuration_is_its_own(api: Api, admin: Caller, outsider: Caller, lead: dict[str, Any]) -> None:
    assert api.put(f"{PATH}/configuration", {}, as_=admin).json() == CONFIGURATION
    changed = api.put(f"{PATH}/configuration", {"thresholds": {"hot": 20, "warm": 10, "cold": 5}}, as_=admin)
    assert changed.status_code == 200
    assert changed.json()["thresholds"]["hot"] == 20
    assert changed.json()["factors"] == CONFIGURATION["factors"]
    assert api.get(f"{PATH}/configuration", as_=outsider).json() == CONFIGURATION
    assert api.post(f"{PATH}/{lead['leadId']}/score", as_=admin).json()["category"] == "hot"
    factors = weighted(source_quality=60, urgency_indicator=40)["factors"]
    api.put(f"{PATH}/configuration", {"factors": factors}, as_=admin)
    assert api.get(f"{PATH}/factors", as_=admin).json() == {"factors": factors}


def test_two_first_configurations_at_once_both_count(api: Api, admin: Caller) -> None:
    bodies = [{"minScore": 5}, {"maxScore": 90}]
    threads = [
        threading.Thread(target=Api().put, args=(f"{PATH}/configuration", body), kwargs={"as_": admin})
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = api.get(f"{PATH}/configuration", as_=admin).json()
    assert (stored["minScore"], stored["maxScore"]) == (5, 90)


@pytest.mark.parametrize(
    ("configuration", "errors"),
    [
        (CONFIGURATION, ["Total factor weights must equal 100, got 120"]),
        (weighted(source_quality=60, urgency_indicator=40), []),
        (
            {**weighted(source_quality=100), "thresholds": {"hot": 50, "warm": 50, "cold": 60}},
            ["Hot threshold must be greater than warm threshold", "Warm threshold must be greater than cold threshold"],
        ),
        (
            {**CONFIGURATION, "factors": [{**CONFIGURATION["factors"][0], "weight": 50}] * 2},
            ["Duplicate factor names: property_preferences_match"],
        ),
    ],
    ids=["default", "good", "thresholds", "twice"],
)
def test_a_configuration_is_judged(api: Api, manager: Caller, configuration: dict[str, Any], errors: list[str]) -> None:
    answer = api.post(f"{PATH}/validate-configuration", configuration, as_=manager)
    assert answer.status_code == 201
    assert answer.json() == {"valid": not errors, "errors": errors, "warnings": []}


def test_a_factor_without_weight_is_worth_a_warning(api: Api, manager: Caller) -> None:
    sent = weighted(source_quality=100, urgency_indicator=0)
    answer = api.post(f"{PATH}/validate-configuration", sent, as_=manager).json()
    assert answer == {"valid": True, "errors": [], "warnings": ["Factors with zero weight: urgency_indicator"]}


@pytest.fixture
def many(api: Api, manager: Caller, lead: dict[str, Any]) -> int:
    """A tenant of 451 leads: three steps of a recalculation."""
    first = mongo("leads")["leads"].find_one({})
    assert first
    more = [
        {
            **copy.deepcopy(first),
            "_id": ObjectId(),
            "leadId": str(number),
            "emailKey": str(number),
            "phoneKey": str(number),
        }
        for number in range(450)
    ]
    revisions.arranged.update(str(document["_id"]) for document in more)
    mongo("leads")["leads"].insert_many(more)
    return 451


def started(api: Api, admin: Caller) -> Any:
    answer = api.post(f"{PATH}/recalculate-all", as_=admin)
    assert answer.status_code == 202
    return mongo("leads")["leadscoringruns"].find_one({"jobId": answer.json()["jobId"]})


def test_recalculating_stores_every_score_and_tells_of_it(api: Api, admin: Caller, many: int) -> None:
    run = started(api, admin)
    path = f"{PATH}/recalculate-all/{run['jobId']}"
    assert api.get(path, as_=admin).json()["progress"] == 0
    tasks.recalculate(str(run["_id"]))
    told = api.get(path, as_=admin).json()
    assert (told["status"], told["progress"], told["processed"], told["total"]) == ("completed", 100, many, many)
    shown = api.get("/api/leads?limit=1", as_=admin).json()["leads"][0]
    expected = api.get(f"{PATH}/explain/{shown['_id']}", as_=admin).json()["percentageScore"]
    assert shown["score"] == expected
    assert "scoring" not in shown
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.updated"}) == many
    stats = api.get(f"{PATH}/stats", as_=admin).json()
    assert (stats["totalLeads"], stats["averageScore"], stats["coldLeads"]) == (many, expected, many)
    assert stats["topFactors"][0]["impact"] >= stats["topFactors"][-1]["impact"] >= 0
    speed = api.get(f"{PATH}/performance", as_=admin).json()
    assert (speed["totalOperations"], speed["successRate"], len(speed["performanceByPeriod"])) == (many, 100, 1)


def test_what_did_not_change_is_not_written_again(api: Api, admin: Caller, many: int) -> None:
    tasks.recalculate(str(started(api, admin)["_id"]))
    before = list(mongo("leads")["leads"].find({}).sort("_id", 1))
    tasks.recalculate(str(started(api, admin)["_id"]))
    assert list(mongo("leads")["leads"].find({}).sort("_id", 1)) == before
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.updated"}) == many


def test_a_second_start_joins_the_first(api: Api, admin: Caller, many: int) -> None:
    assert started(api, admin)["jobId"] == started(api, admin)["jobId"]


def test_a_killed_worker_leaves_the_rest_to_the_next(api: Api, admin: Caller, many: int) -> None:
    run = started(api, admin)
    # The worker does one step and is gone: its lease still stands.
    taken = runs._take(RUNS, run["_id"])
    assert taken
    runs._do(RUNS, taken, actions.recalculate_some)
    assert runs.waiting(RUNS) == []
    mongo("leads")["leadscoringruns"].update_one({}, {"$set": {"leaseUntil": now() - timedelta(seconds=1)}})
    assert runs.waiting(RUNS) == [run["_id"]]
    tasks.recalculate(str(run["_id"]))
    assert api.get(f"{PATH}/recalculate-all/{run['jobId']}", as_=admin).json()["processed"] == many
    # Once each: a lead done twice would be a revision further.
    assert mongo("leads")["leads"].distinct("rev") == [2]
    # The first one comes back to life: it may not go on.
    assert runs._do(RUNS, taken, actions.recalculate_some) is None
    assert mongo("leads")["leads"].distinct("rev") == [2]


def test_two_workers_do_not_do_the_same(api: Api, admin: Caller, many: int) -> None:
    run = started(api, admin)
    threads = [threading.Thread(target=tasks.recalculate, args=(str(run["_id"]),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mongo("leads")["leads"].distinct("rev") == [2]


def test_a_lead_that_cannot_be_scored_does_not_stop_the_others(api: Api, admin: Caller, many: int) -> None:
    mongo("leads")["leads"].update_one({"leadId": "7"}, {"$set": {"createdAt": "yesterday"}})
    run = started(api, admin)
    tasks.recalculate(str(run["_id"]))
    told = api.get(f"{PATH}/recalculate-all/{run['jobId']}", as_=admin).json()
    assert (told["status"], told["processed"], told["failed"]) == ("completed", many, 1)


def test_a_step_that_cannot_work_ends_the_run(api: Api, admin: Caller, many: int) -> None:
    run = started(api, admin)
    mongo("leads")["leadscoringruns"].update_one({}, {"$set": {"configuration": {}}})
    tasks.recalculate(str(run["_id"]))
    assert api.get(f"{PATH}/recalculate-all/{run['jobId']}", as_=admin).json()["status"] == "failed"
    assert runs.waiting(RUNS) == []


def test_other_tenants_are_left_alone(api: Api, admin: Caller, outsider: Caller, lead: dict[str, Any]) -> None:
    run = started(api, outsider)
    tasks.recalculate(str(run["_id"]))
    deliver_all()
    assert "score" not in api.get(f"/api/leads/{lead['leadId']}", as_=admin).json()
    assert api.get(f"{PATH}/recalculate-all/{run['jobId']}", as_=admin).status_code == 404
    assert api.get(f"{PATH}/explain/{lead['leadId']}", as_=outsider).status_code == 404
    assert api.post(f"{PATH}/{lead['leadId']}/score", as_=outsider).json()["message"] == "Lead not found"
    assert api.get(f"{PATH}/stats", as_=outsider).json()["totalLeads"] == 0
    assert mongo("leads")["leads"].count_documents({"tenantId": {"$in": [TENANT, OTHER_TENANT]}}) == 1


def test_who_may(api: Api, agent: Caller, manager: Caller, viewer: Caller, lead: dict[str, Any]) -> None:
    for path in ("configuration", "performance"):
        assert api.get(f"{PATH}/{path}", as_=agent).status_code == 403
    for path in ("stats", "factors", f"explain/{lead['leadId']}"):
        assert api.get(f"{PATH}/{path}", as_=viewer).status_code == 403
    assert api.post(f"{PATH}/{lead['leadId']}/score", as_=viewer).status_code == 403
    assert api.post(f"{PATH}/batch", {"leadIds": []}, as_=agent).status_code == 403
    assert api.post(f"{PATH}/validate-configuration", CONFIGURATION, as_=agent).status_code == 403
    assert api.put(f"{PATH}/configuration", {}, as_=manager).status_code == 403
    assert api.post(f"{PATH}/recalculate-all", as_=manager).status_code == 403


def test_bad_bodies_are_told_by_name(api: Api, admin: Caller, lead: dict[str, Any]) -> None:
    bad = {**CONFIGURATION, "factors": [{**CONFIGURATION["factors"][0], "weight": 101}]}
    text = "factors.0.weight must not be greater than 100"
    assert api.post(f"{PATH}/{lead['leadId']}/score", bad, as_=admin).json()["message"] == [text]
    assert api.post(f"{PATH}/validate-configuration", bad, as_=admin).json()["message"] == [text]
    assert api.put(f"{PATH}/configuration", {"factors": bad["factors"]}, as_=admin).json()["message"] == [text]
    without = {name: value for name, value in CONFIGURATION.items() if name != "thresholds"}
    assert api.post(f"{PATH}/validate-configuration", without, as_=admin).status_code == 400
    assert "leadIds must be an array" in api.post(f"{PATH}/batch", {}, as_=admin).json()["message"]
    assert api.put(f"{PATH}/configuration", {"color": 1}, as_=admin).json()["message"] == [
        "property color should not exist"
    ]
