"""The same operation on many leads, through the API."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from core import runs
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.leads.bulk import actions, tasks
from services.leads.bulk.models import OPERATIONS
from tests.conftest import Api, Caller
from tests.leads.test_leads import OTHER
from tests.system.platform import lead_body
from tests.test_costs import costs

PATH = "/api/leads/bulk"


def made(api: Api, manager: Caller, count: int) -> list[dict[str, Any]]:
    answer = api.post(f"{PATH}/create", {"leads": [lead_body(manager.user_id) for _ in range(count)]}, as_=manager)
    assert answer.status_code == 201, answer.content
    return list(answer.json())


@pytest.fixture
def leads(api: Api, manager: Caller) -> list[dict[str, Any]]:
    return made(api, manager, 4)


def ids(leads: list[dict[str, Any]]) -> list[str]:
    return [lead["_id"] for lead in leads]


def done(api: Api, caller: Caller, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"{PATH}/{what}", body, as_=caller)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def shown(api: Api, caller: Caller, lead: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/api/leads/{lead['leadId']}", as_=caller).json())


@pytest.mark.parametrize(
    ("what", "body", "member", "value"),
    [
        ("change-status", {"status": "negotiating"}, "status", "negotiating"),
        ("change-stage", {"stageId": "stage-3"}, "stageId", "stage-3"),
        ("assign", {"assignedTo": OTHER}, "assignedTo", OTHER),
        ("update", {"data": {"notes": "seen", "tags": ["x"]}}, "notes", "seen"),
        ("execute", {"operation": "changeStatus", "data": {"status": "inactive"}}, "status", "inactive"),
        ("execute", {"operation": "changeStage", "data": {"stageId": "s"}}, "stageId", "s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_operation_changes_all_and_can_be_taken_back(
    api: Api, manager: Caller, leads: list[dict[str, Any]], what: str, body: dict[str, Any], member: str, value: str
) -> None:
    before = [shown(api, manager, lead) for lead in leads]
    result = done(api, manager, what, {"leadIds": [leads[0]["leadId"], *ids(leads[1:3])], **body})
    assert (result["success"], result["totalRecords"], result["processedRecords"]) == (True, 3, 3)
    assert (result["progress"], result["canUndo"], result["errors"], result["warnings"]) == (100, True, [], [])
    assert [shown(api, manager, lead).get(member) for lead in leads[:3]] == [value] * 3
    assert shown(api, manager, leads[3]) == before[3]
    back = done(api, manager, f"undo/{result['operationId']}", {})
    assert (back["success"], back["processedRecords"], back["canUndo"]) == (True, 3, False)
    changed = ("updatedAt", "updatedBy")
    for lead, old in zip(leads, before, strict=True):
        new = shown(api, manager, lead)
        assert {k: v for k, v in new.items() if k not in changed} == {k: v for k, v in old.items() if k not in changed}
    told = api.get(f"{PATH}/progress/{result['operationId']}", as_=manager).json()
    assert (told["status"], told["progress"]) == ("undone", 100)


def test_deleted_leads_are_gone_everywhere_and_stay_so(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    result = done(api, manager, "delete", {"leadIds": ids(leads[:2])})
    assert (result["processedRecords"], result["canUndo"]) == (2, False)
    deliver_all()
    assert api.get(f"/api/leads/{leads[0]['leadId']}", as_=manager).status_code == 404
    assert mongo("buyers")["buyerleads"].count_documents({"deletedAt": None}) == 2
    again = done(api, manager, "execute", {"leadIds": ids(leads[:2]), "operation": "delete"})
    assert (again["success"], again["processedRecords"], again["failedRecords"]) == (False, 0, 2)
    answer = api.post(f"{PATH}/undo/{result['operationId']}", as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, "This operation cannot be undone")
    # Their addresses are free again.
    body = lead_body(manager.user_id)
    body["contactInfo"]["email"] = leads[0]["contactInfo"]["email"]
    assert api.post("/api/leads", body, as_=manager).status_code == 201


def test_others_hear_of_every_change(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    deliver_all()
    result = done(api, manager, "change-status", {"leadIds": ids(leads), "status": "closed_won"})
    deliver_all()
    assert mongo("analytics")["leadfacts"].count_documents({"status": "closed_won"}) == 4
    done(api, manager, f"undo/{result['operationId']}", {})
    deliver_all()
    assert mongo("analytics")["leadfacts"].count_documents({"status": "new"}) == 4


def test_unknown_and_foreign_leads_are_told(
    api: Api, manager: Caller, outsider: Caller, leads: list[dict[str, Any]]
) -> None:
    unknown = "64f0000000000000000000ee"
    result = done(api, manager, "change-status", {"leadIds": [leads[0]["_id"], unknown], "status": "contacted"})
    assert (result["success"], result["processedRecords"], result["failedRecords"]) == (False, 1, 1)
    assert result["errors"] == [{"leadId": unknown, "operation": "changeStatus", "message": "Lead not found"}]
    foreign = done(api, outsider, "change-status", {"leadIds": [leads[1]["_id"]], "status": "contacted"})
    assert (foreign["processedRecords"], foreign["failedRecords"]) == (0, 1)
    assert shown(api, manager, leads[1])["status"] == "new"
    assert api.get(f"{PATH}/progress/{result['operationId']}", as_=outsider).content == b""
    assert api.post(f"{PATH}/undo/{result['operationId']}", as_=outsider).json()["message"] == "Operation not found"
    assert [one["operationId"] for one in api.get(f"{PATH}/history", as_=outsider).json()] == [foreign["operationId"]]


def test_the_same_id_twice_counts_once(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    result = done(api, manager, "change-status", {"leadIds": ids(leads[:1]) * 3, "status": "contacted"})
    assert (result["totalRecords"], result["processedRecords"]) == (1, 1)


def test_undo_leaves_alone_what_another_user_changed_since(
    api: Api, manager: Caller, leads: list[dict[str, Any]]
) -> None:
    result = done(api, manager, "change-status", {"leadIds": ids(leads), "status": "contacted"})
    api.put(f"/api/leads/{leads[0]['leadId']}", {"notes": "called"}, as_=manager)
    back = done(api, manager, f"undo/{result['operationId']}", {})
    assert (back["success"], back["processedRecords"], back["failedRecords"]) == (False, 3, 1)
    assert back["errors"][0]["message"] == "Lead was changed since"
    assert shown(api, manager, leads[0])["status"] == "contacted"
    answer = api.post(f"{PATH}/undo/{result['operationId']}", as_=manager)
    assert answer.json()["message"] == "Only completed operations can be undone"


def test_undo_has_an_end(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    result = done(api, manager, "change-status", {"leadIds": ids(leads), "status": "contacted"})
    old = {"$set": {"createdAt": now() - timedelta(hours=25)}}
    mongo("leads")["leadbulkoperations"].update_one({"operationId": result["operationId"]}, old)
    answer = api.post(f"{PATH}/undo/{result['operationId']}", as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, "This operation cannot be undone")
    assert mongo("leads")["leadbulkoperations"].count_documents({}) == 1


def test_two_undo_at_once_and_one_is_refused(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    result = done(api, manager, "change-status", {"leadIds": ids(leads), "status": "contacted"})
    codes: list[int] = []
    path = f"{PATH}/undo/{result['operationId']}"
    threads = [
        threading.Thread(target=lambda: codes.append(Api().post(path, as_=manager).status_code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 400, 400, 400]
    assert mongo("leads")["leads"].distinct("rev") == [3]


def test_a_killed_process_leaves_the_rest_to_the_worker(api: Api, manager: Caller) -> None:
    leads = made(api, manager, 120)
    scope = manager.scope
    operation = actions._store(scope, "changeStatus", ids(leads), {"changes": {"status": "contacted"}})
    taken = runs._take(OPERATIONS, operation["_id"])
    assert taken
    assert runs._do(OPERATIONS, taken, actions.step)
    told = api.get(f"{PATH}/progress/{operation['operationId']}", as_=manager).json()
    assert (told["status"], told["progress"], told["processedRecords"]) == ("in_progress", 42, 50)
    mongo("leads")["leadbulkoperations"].update_one({}, {"$set": {"leaseUntil": now() - timedelta(seconds=1)}})
    assert runs.waiting(OPERATIONS) == [operation["_id"]]
    tasks.go_on(str(operation["_id"]))
    told = api.get(f"{PATH}/progress/{operation['operationId']}", as_=manager).json()
    assert (told["status"], told["progress"], told["processedRecords"]) == ("completed", 100, 120)
    assert mongo("leads")["leads"].distinct("rev") == [2]
    # The one that was taken for dead: it may not go on.
    assert runs._do(OPERATIONS, taken, actions.step) is None
    assert mongo("leads")["leads"].distinct("rev") == [2]
    assert done(api, manager, f"undo/{operation['operationId']}", {})["processedRecords"] == 120


def test_a_step_costs_as_much_for_fifty_as_for_one(api: Api, manager: Caller) -> None:
    leads, counts = made(api, manager, 51), []
    for chosen in (leads[:1], leads[1:]):
        with costs("leads") as found:
            done(api, manager, "change-status", {"leadIds": ids(chosen), "status": "contacted"})
        counts.append(len([one for one in found if one["op"] not in ("insert", "update")]))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("what", "body", "text"),
    [
        ("change-status", {"leadIds": [], "status": "new"}, "No lead IDs provided"),
        ("change-status", {}, "No lead IDs provided"),
        ("delete", {"leadIds": "x"}, "No lead IDs provided"),
        ("delete", {"leadIds": ["x"] * 1001}, "Maximum 1000 leads can be processed in a single operation"),
        ("execute", {"leadIds": [OTHER]}, "Operation type is required"),
        ("execute", {"leadIds": [OTHER], "operation": "assign"}, "Data is required for this operation"),
        ("execute", {"leadIds": [OTHER], "operation": "explode"}, "Invalid operation: explode"),
        ("update", {"leadIds": [OTHER]}, "Data is required for this operation"),
        ("update", {"leadIds": [OTHER], "data": {"tenantId": OTHER}}, "property tenantId should not exist"),
        ("update", {"leadIds": [OTHER], "data": {"deletedAt": None}}, "property deletedAt should not exist"),
        ("change-stage", {"leadIds": [OTHER], "stageId": ""}, "stageId should not be empty"),
        ("assign", {"leadIds": [OTHER], "assignedTo": "x"}, "assignedTo must be a mongodb id"),
        (
            "delete",
            {"leadIds": ["x"]},
            'Cast to ObjectId failed for value "x" (type string) at path "_id" for model "Lead"',
        ),
        (
            "delete",
            {"leadIds": [7]},
            'Cast to ObjectId failed for value 7 at path "_id" for model "Lead"',
        ),
    ],
)
def test_a_fault_is_one_sentence_and_kept(
    api: Api, manager: Caller, what: str, body: dict[str, Any], text: str
) -> None:
    answer = api.post(f"{PATH}/{what}", body, as_=manager)
    assert (answer.status_code, answer.json()["message"]) == (400, f"Bulk operation failed: {text}")
    (entry,) = api.get(f"{PATH}/history", as_=manager).json()
    assert (entry["status"], entry["progress"]) == ("failed", 0)
    assert entry["errors"][0] | {"operation": ""} == {"leadId": "system", "operation": "", "message": text}


def test_an_unknown_status_is_refused(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    answer = api.post(f"{PATH}/change-status", {"leadIds": ids(leads), "status": "zzz"}, as_=manager)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Bulk operation failed: status must be one of the following values")


def test_history_is_newest_first_and_has_an_end(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    for status in ("contacted", "qualified", "interested"):
        done(api, manager, "change-status", {"leadIds": ids(leads), "status": status})
    found = api.get(f"{PATH}/history?limit=2", as_=manager).json()
    assert [one["data"]["status"] for one in found] == ["interested", "qualified"]
    assert (found[0]["userId"], found[0]["leadIds"], found[0]["canUndo"]) == (manager.user_id, ids(leads), True)
    assert api.get(f"{PATH}/history?limit=0", as_=manager).status_code == 400


def test_ids_are_counted_and_checked(api: Api, manager: Caller, leads: list[dict[str, Any]]) -> None:
    done(api, manager, "change-stage", {"leadIds": ids(leads[:1]), "stageId": "stage-2"})
    asked = f"leadIds={leads[0]['_id']},{leads[1]['leadId']}, nonsense ,{OTHER}"
    assert api.get(f"{PATH}/stats?{asked}", as_=manager).json() == {
        "totalLeads": 4,
        "validLeads": 2,
        "invalidLeads": 2,
        "leadStatuses": {"new": 2},
        "leadStages": {"stage-2": 1},
    }
    assert api.get(f"{PATH}/validate?{asked}", as_=manager).json() == {
        "validIds": [leads[0]["_id"], leads[1]["leadId"]],
        "invalidIds": ["nonsense", OTHER],
        "totalIds": 4,
        "validCount": 2,
        "invalidCount": 2,
    }
    for what in ("stats", "validate"):
        assert api.get(f"{PATH}/{what}", as_=manager).json()["message"] == "leadIds parameter is required"
        assert api.get(f"{PATH}/{what}?leadIds=,", as_=manager).json()["message"] == "At least one lead ID is required"
        answer = api.get(f"{PATH}/{what}?leadIds=a&leadIds[]=b&leadIds=c,d", as_=manager).json()
        assert (answer.get("totalLeads") or answer["totalIds"]) == 4


def test_only_managers_may(api: Api, agent: Caller) -> None:
    for what in ("execute", "update", "delete", "assign", "change-status", "change-stage", "undo/x"):
        assert api.post(f"{PATH}/{what}", {}, as_=agent).status_code == 403
    for what in ("progress/x", "history", "stats", "validate"):
        assert api.get(f"{PATH}/{what}", as_=agent).status_code == 403


def test_a_caller_without_tenant_has_no_leads(api: Api, operator: Caller) -> None:
    answer = api.post(f"{PATH}/delete", {"leadIds": [OTHER]}, as_=operator)
    assert (answer.status_code, answer.json()["message"]) == (403, "User does not have access to this tenant")
