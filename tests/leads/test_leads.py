"""Lead records: what the recorded exchanges do not show."""

import threading
import uuid
from typing import Any

import pytest

from core.documents.driver import database as mongo
from core.documents.driver import raw
from tests.conftest import TENANT, Api, Caller

# Whom leads knows (conftest).
AGENT, OTHER = "64a0000000000000000000a3", "64f0000000000000000000bb"


def body(**changes: Any) -> dict[str, Any]:
    number = uuid.uuid4().int % 10_000_000
    contact = {
        "firstName": "Nora",
        "lastName": "New",
        "email": f"n{number}@example.com",
        "phone": f"512{number:07}",
        "preferredContactMethod": "email",
        **changes.pop("contactInfo", {}),
    }
    return {"source": "website", "assignedTo": AGENT, "contactInfo": contact, **changes}


def create(api: Api, caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/leads", body(**changes), as_=caller)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def events() -> list[dict[str, Any]]:
    return list(mongo("leads")["outboxevents"].find().sort("createdAt", 1))


def test_both_ids_work_on_every_route(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    for key in (lead["leadId"], lead["_id"]):
        assert api.get(f"/api/leads/{key}", as_=admin).json()["leadId"] == lead["leadId"]
        assert api.put(f"/api/leads/{key}", {"notes": key}, as_=admin).json()["notes"] == key
    assert api.delete(f"/api/leads/{lead['_id']}", as_=admin).status_code == 204
    assert api.get(f"/api/leads/{lead['leadId']}", as_=admin).status_code == 404


@pytest.mark.parametrize("role", ["user", "agent", "acquisitions", "dispositions", "manager", "SUPER_ADMIN"])
def test_every_member_reads_and_writes(api: Api, role: str) -> None:
    lead = create(api, Caller(role))
    assert api.get(f"/api/leads/{lead['leadId']}", as_=Caller(role)).status_code == 200


def test_members_do_not_delete(api: Api, admin: Caller, agent: Caller) -> None:
    lead = create(api, admin)
    assert api.delete(f"/api/leads/{lead['leadId']}", as_=agent).status_code == 403


@pytest.mark.parametrize("role", ["viewer", "guest"])
def test_who_is_no_agent_does_not_write(api: Api, admin: Caller, role: str) -> None:
    lead = create(api, admin)
    assert api.put(f"/api/leads/{lead['leadId']}", {"notes": "mine"}, as_=Caller(role)).status_code == 403
    assert "notes" not in api.get(f"/api/leads/{lead['leadId']}", as_=admin).json()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_leads_of_another_tenant_do_not_exist(api: Api, admin: Caller, outsider: Caller, method: str) -> None:
    lead = create(api, admin)
    for key in (lead["leadId"], lead["_id"]):
        answer = api.request(method, f"/api/leads/{key}", {} if method == "PUT" else None, as_=outsider)
        assert (answer.status_code, answer.json()["message"]) == (404, "Lead not found")
    assert api.get("/api/leads", as_=outsider).json()["total"] == 0


def test_spelling_does_not_hide_a_duplicate(api: Api, admin: Caller) -> None:
    create(api, admin, contactInfo={"email": "Some.One@Example.com", "phone": "(512) 555-0100"})
    again = body(contactInfo={"email": " some.one@example.com".strip(), "phone": "+1 512 555 0100"})
    answer = api.post("/api/leads", again, as_=admin)
    assert answer.status_code == 400
    assert answer.json() == {"message": "Duplicate lead detected", "duplicateFields": ["email", "phone"]}


def test_a_deleted_lead_frees_its_address(api: Api, admin: Caller) -> None:
    contact = {"email": "one@example.com", "phone": "5125550101"}
    lead = create(api, admin, contactInfo=contact)
    api.delete(f"/api/leads/{lead['leadId']}", as_=admin)
    create(api, admin, contactInfo=contact)


def test_parallel_creates_of_the_same_person_make_one_lead(api: Api, admin: Caller) -> None:
    same, codes = body(), []

    def post() -> None:
        codes.append(Api().post("/api/leads", same, as_=admin).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [400] * 7
    assert mongo("leads")["leads"].count_documents({}) == 1
    assert len(events()) == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"contactInfo": {"phone": "123"}}, "contactInfo.phone", "INVALID_PHONE"),
        ({"contactInfo": {"firstName": "  "}}, "contactInfo.firstName", "REQUIRED_FIELD"),
        ({"contactInfo": {"address": {"street": "1 Main"}}}, "address.city", "REQUIRED_FIELD"),
        (
            {"contactInfo": {"address": {"street": "1", "city": "A", "state": "TX", "zipCode": "7"}}},
            "address.zipCode",
            "INVALID_ZIP_CODE",
        ),
    ],
)
def test_rules_name_field_and_code(api: Api, admin: Caller, changes: dict[str, Any], field: str, code: str) -> None:
    answer = api.post("/api/leads", body(**changes), as_=admin)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Lead validation failed"
    assert (field, code) in {(fault["field"], fault["code"]) for fault in answer.json()["errors"]}
    assert not events()


def test_the_status_machine_holds_for_single_changes(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    answer = api.put(f"/api/leads/{lead['leadId']}", {"status": "closed_won"}, as_=admin)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "INVALID_STATUS_TRANSITION"
    assert api.get(f"/api/leads/{lead['leadId']}", as_=admin).json()["status"] == "new"


def test_a_change_keeps_what_we_do_not_know(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    key = {"leadId": lead["leadId"]}
    mongo("leads")["leads"].update_one(key, {"$set": {"future": {"a": [1]}, "contactInfo.nick": "N"}})
    api.put(f"/api/leads/{lead['leadId']}", {"notes": "x"}, as_=admin)
    stored = mongo("leads")["leads"].find_one(key)
    assert stored is not None
    assert stored["future"] == {"a": [1]}
    assert stored["contactInfo"]["nick"] == "N"


def test_if_match_refuses_a_stale_change(api: Api, admin: Caller) -> None:
    path = f"/api/leads/{create(api, admin)['leadId']}"
    tag = api.get(path, as_=admin)["ETag"]
    assert api.put(path, {"notes": "first"}, as_=admin, HTTP_IF_MATCH=tag).status_code == 200
    assert api.put(path, {"notes": "second"}, as_=admin, HTTP_IF_MATCH=tag).status_code == 412
    assert api.get(path, as_=admin).json()["notes"] == "first"


def test_every_change_publishes_one_event(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    path = f"/api/leads/{lead['leadId']}"
    api.put(path, {"notes": "n"}, as_=admin)
    api.put(path, {"assignedTo": OTHER}, as_=admin)
    api.put(path, {"status": "contacted"}, as_=admin)
    api.delete(path, as_=admin)
    names = [(event["name"], event["entityVersion"]) for event in events()]
    kinds = ["created", "updated", "assigned", "status_changed", "deleted"]
    assert names == [(f"lead.{kind}", version) for version, kind in enumerate(kinds, start=1)]
    assert events()[3]["payload"]["oldStatus"] == "new"
    assert all(event["tenantId"] == TENANT for event in events())


def test_null_clears_a_member_but_not_a_required_one(api: Api, admin: Caller) -> None:
    lead = create(api, admin, notes="n", score=5)
    answer = api.put(f"/api/leads/{lead['leadId']}", {"notes": None, "score": None, "status": None}, as_=admin).json()
    assert answer["notes"] is None
    assert answer["score"] is None
    assert answer["status"] == "new"


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", ["createdAt", "score", "closeValue", "nonsense"])
def test_pages_never_repeat_or_miss_a_lead(api: Api, admin: Caller, field: str, order: str) -> None:
    for number in range(7):
        create(api, admin, score=number // 3, closeValue=1)
    seen = []
    for page in (1, 2, 3):
        answer = api.get(f"/api/leads?limit=3&page={page}&sortBy={field}&sortOrder={order}", as_=admin).json()
        seen += [lead["leadId"] for lead in answer["leads"]]
        assert answer["total"] == 7
    assert len(set(seen)) == 7


FILTERS = [
    {"status": "new"},
    {"source": "website"},
    {"priority": "medium"},
    {"assignedTo": AGENT},
    {"tags": ["hot"]},
    {"createdAfter": "2020-01-01"},
    {"minScore": 10},
    {"search": "garden"},
    {},
]


@pytest.mark.parametrize("sort", ["createdAt", "updatedAt", "score", "nextFollowUpDate", "closeValue"])
@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: next(iter(filters), "none"))
def test_every_filter_and_order_uses_an_index(database: None, filters: dict[str, Any], sort: str) -> None:
    from core.documents.scope import TenantScope
    from services.leads.leads.queries import criteria_of, order_of
    from services.leads.leads.serializers import LeadQuery

    checked = LeadQuery(data={**filters, "sortBy": sort})
    assert checked.is_valid()
    scope = TenantScope(TENANT)
    from services.leads.leads.models import LEADS

    criteria = LEADS.scoped(scope).visible(criteria_of(scope, checked.validated_data))
    cursor = raw(LEADS).find(criteria).sort(list(order_of(checked.validated_data))).limit(20)
    plan = str(cursor.explain()["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in plan
