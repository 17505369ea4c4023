"""People through the API: who may do what to whom."""

import threading
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.transactions import in_transaction
from core.errors import Forbidden
from core.events.testing import deliver_all
from core.identity.tokens import verify
from services.users.accounts import rules
from services.users.accounts.actions import put_user, set_roles, verify_account
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.contract.transitions import allowed

BODY = {"email": "New.Person@acme.test", "firstName": "New", "lastName": "Person"}


def person(role: str = "user", tenant: str | None = TENANT, status: str = "active", **fields: Any) -> Caller:
    """Store a person and return them as a caller."""
    caller = Caller(role, tenant)
    document = {
        "_id": ObjectId(caller.user_id),
        "email": caller.email,
        "firstName": "Pat",
        "lastName": "Person",
        "status": status,
        "roles": [role],
        "permissions": [],
        "tags": [],
        "tenantId": ObjectId(tenant) if tenant else None,
        "createdAt": now(),
        "updatedAt": now(),
        "__v": 0,
        "legacy": {"kept": [1, {"deep": True}]},
        **fields,
    }
    mongo("users")["users"].insert_one(document)
    return caller


def test_an_admin_creates_a_person_in_the_own_tenant(api: Api, admin: Caller) -> None:
    answer = api.post("/api/users", BODY, as_=admin)
    assert answer.status_code == 201
    created = answer.json()["data"]["user"]
    assert created["email"] == "new.person@acme.test"
    assert (created["status"], created["roles"], created["tenantId"]) == ("pending", ["user"], TENANT)
    assert created["fullName"] == "New Person"
    assert created["_id"] == created["id"]


@pytest.mark.parametrize("role", ["manager", "user", "viewer", "acquisitions", "dispositions"])
def test_no_other_role_creates_users(api: Api, role: str) -> None:
    assert api.post("/api/users", BODY, as_=Caller(role)).status_code == 403


def test_an_address_is_unique_in_any_letter_case_and_tenant(api: Api, admin: Caller, outsider: Caller) -> None:
    api.post("/api/users", BODY, as_=admin)
    answer = api.post("/api/users", BODY | {"email": "NEW.person@ACME.test"}, as_=outsider)
    assert answer.status_code == 409
    assert answer.json()["message"] == "User with this email already exists"


def test_the_body_cannot_choose_status_roles_or_permissions(api: Api, admin: Caller) -> None:
    for name, value in (("status", "active"), ("roles", ["admin"]), ("permissions", ["x"]), ("password", "p")):
        answer = api.post("/api/users", BODY | {name: value}, as_=admin)
        assert answer.status_code == 400
        assert answer.json()["message"] == [f"property {name} should not exist"]


def test_me_may_not_promote_itself(api: Api) -> None:
    agent = person("user")
    for change in ({"roles": ["admin"]}, {"permissions": ["users:delete"]}, {"status": "suspended"}):
        assert api.put("/api/users/me", change, as_=agent).status_code == 403
    assert api.get("/api/users/me", as_=agent).json()["data"]["user"]["roles"] == ["user"]


def test_an_admin_cannot_make_an_operator(api: Api) -> None:
    boss, agent = person("admin"), person("user")
    answer = api.put(f"/api/users/{agent.user_id}/roles", {"roles": ["SUPER_ADMIN"]}, as_=boss)
    assert answer.status_code == 403


def test_no_caller_gives_what_they_lack(api: Api) -> None:
    """Not only administrators may assign roles: the permission can be given to anybody, and must not open all others."""
    helper, agent = Caller("user"), person("user")
    held = {"roles": ["user"], "permissions": ["users:assign_roles", "users:update"], "tenantId": TENANT}
    names = {"firstName": "Hal", "lastName": "Per", "status": "active"}
    put_user({"_id": helper.user_id, "email": helper.email, **names, **held})
    deliver_all()
    path = f"/api/users/{agent.user_id}"
    assert api.put(f"{path}/roles", {"roles": ["admin"]}, as_=helper).status_code == 403
    assert api.put(path, {"permissions": ["users:delete"]}, as_=helper).status_code == 403
    stored = mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)}) or {}
    assert (stored["roles"], stored["permissions"]) == (["user"], [])
    assert api.put(path, {"permissions": ["users:update"]}, as_=helper).status_code == 200
    assert api.put(f"{path}/roles", {"roles": ["viewer"]}, as_=helper).status_code == 200


def test_an_unknown_role_is_refused_by_name(api: Api) -> None:
    boss, agent = person("admin"), person("user")
    answer = api.put(f"/api/users/{agent.user_id}/roles", {"roles": ["king"]}, as_=boss)
    assert answer.status_code == 400
    assert "each value in roles must be one of" in answer.json()["message"][0]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_people_of_another_tenant_do_not_exist(api: Api, outsider: Caller, method: str) -> None:
    agent = person("user")
    body = {"firstName": "Stolen"} if method == "put" else None
    answer = api.request(method.upper(), f"/api/users/{agent.user_id}", body, as_=outsider)
    assert answer.status_code == 404
    assert answer.json()["message"] == "User not found"


@pytest.mark.parametrize("bad", ["x", "123", "zzzzzzzzzzzzzzzzzzzzzzzz", "64a0000000000000000000ff"])
def test_an_unknown_or_malformed_id_is_not_found(api: Api, admin: Caller, bad: str) -> None:
    assert api.get(f"/api/users/{bad}", as_=admin).status_code == 404


def test_an_update_keeps_fields_that_we_do_not_know(api: Api) -> None:
    boss, agent = person("admin"), person("user")
    answer = api.put(f"/api/users/{agent.user_id}", {"notes": "n", "profile": {"company": "C"}}, as_=boss)
    assert answer.status_code == 200
    stored = mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)})
    assert stored is not None
    assert stored["legacy"] == {"kept": [1, {"deep": True}]}
    assert stored["profile"] == {"company": "C"}


def test_suspending_is_logged_published_and_felt(api: Api) -> None:
    boss, agent = person("admin"), person("user")
    body = {"status": "suspended", "reason": "policy violation"}
    answer = api.put(f"/api/users/{agent.user_id}/status", body, as_=boss)
    assert answer.json()["data"]["user"]["status"] == "suspended"
    deliver_all()
    refused = api.get("/api/users/me", as_=agent)
    assert refused.status_code == 401
    assert refused.json()["message"] == "User account is suspended"
    history = api.get(f"/api/users/{agent.user_id}/status-history", as_=boss).json()["data"]["history"]
    assert (history[0]["oldStatus"], history[0]["newStatus"], history[0]["reason"]) == (
        "active",
        "suspended",
        "violation",
    )
    activity = api.get(f"/api/users/{agent.user_id}/activity", as_=boss).json()["data"]["activities"]
    assert activity[0]["type"] == "status_change"
    assert activity[0]["performedBy"] == boss.user_id


@pytest.mark.parametrize("old", rules.STATUSES)
def test_a_status_follows_the_contracts_table(api: Api, old: str) -> None:
    boss, table = person("admin"), allowed("users-rules.md")
    for new in rules.STATUSES:
        agent = person("user", status=old)
        answer = api.put(f"/api/users/{agent.user_id}/status", {"status": new}, as_=boss)
        if new in table[old]:
            assert (answer.status_code, answer.json()["data"]["user"]["status"]) == (200, new)
        else:
            told = f"Invalid status transition from {old} to {new}"
            assert (answer.status_code, answer.json()["message"]) == (400, told)


def test_no_user_suspends_or_deletes_themselves(api: Api) -> None:
    boss = person("admin")
    assert api.put(f"/api/users/{boss.user_id}/status", {"status": "suspended"}, as_=boss).status_code == 403
    assert api.delete(f"/api/users/{boss.user_id}", as_=boss).status_code == 403


def test_a_tenant_keeps_an_administrator(api: Api, operator: Caller) -> None:
    boss = person("admin")
    path = f"/api/users/{boss.user_id}"
    answer = api.put(f"{path}/roles", {"roles": ["user"]}, as_=operator)
    assert answer.status_code == 403
    assert answer.json()["message"] == "A tenant needs at least one active administrator"
    person("admin")
    assert api.put(f"{path}/roles", {"roles": ["user"]}, as_=operator).status_code == 200


def test_two_administrators_are_not_taken_away_at_once(api: Api, operator: Caller) -> None:
    """Each request sees the other's administrator, as neither is durable yet: one of the two must refuse."""
    first, second, answers = person("admin"), person("admin"), []
    other = threading.Thread(
        target=lambda: answers.append(Api().delete(f"/api/users/{second.user_id}", as_=operator).status_code)
    )

    def both() -> None:
        actor = verify(operator.token)
        set_roles(actor.scope, first.user_id, ["user"], None, actor=actor)
        if other.ident is None:
            other.start()
            other.join(2)

    try:
        in_transaction("users", both)
    except Forbidden:
        answers.append(403)
    other.join()
    assert 403 in answers
    assert mongo("users")["users"].count_documents({"roles": "admin", "status": "active"}) == 1


@pytest.mark.parametrize(("told", "status"), [("pat@acme.test", "active"), ("old@acme.test", "pending")])
def test_only_the_address_that_a_user_has_is_verified(api: Api, told: str, status: str) -> None:
    agent = person("user", status="pending", email="pat@acme.test")
    verify_account(agent.user_id, now(), told)
    stored = mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)}) or {}
    assert (stored["status"], bool(stored.get("emailVerifiedAt"))) == (status, status == "active")


def test_another_address_is_not_verified(api: Api) -> None:
    boss, agent = person("admin"), person("user", status="pending", emailVerifiedAt=now())
    path = f"/api/users/{agent.user_id}"
    assert api.put(path, {"firstName": "Pit"}, as_=boss).status_code == 200
    assert mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)})["emailVerifiedAt"]  # type: ignore[index]
    assert api.put(path, {"email": "other@acme.test"}, as_=boss).status_code == 200
    assert mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)})["emailVerifiedAt"] is None  # type: ignore[index]


def test_a_deleted_person_is_inactive_and_out(api: Api) -> None:
    boss, agent = person("admin"), person("user")
    answer = api.delete(f"/api/users/{agent.user_id}", as_=boss)
    assert (answer.status_code, answer.content) == (204, b"")
    deliver_all()
    assert api.get(f"/api/users/{agent.user_id}", as_=boss).json()["data"]["user"]["status"] == "inactive"
    assert api.get("/api/users/me", as_=agent).json()["message"] == "User account is inactive"


def test_the_list_filters_sorts_and_pages_inside_the_tenant(api: Api, admin: Caller) -> None:
    for number in range(12):
        person("user", displayName=f"P{number:02}", profile={"company": "Globex" if number % 2 else "Acme (1)"})
    person("user", OTHER_TENANT)
    answer = api.get("/api/users?limit=5&page=2&sortBy=displayName&sortOrder=asc", as_=admin).json()["data"]
    assert [entry["displayName"] for entry in answer["users"]] == [f"P{number:02}" for number in range(5, 10)]
    assert answer["pagination"] == {"page": 2, "limit": 5, "total": 12, "pages": 3}
    assert api.get("/api/users?company=acme%20(1", as_=admin).json()["data"]["pagination"]["total"] == 6
    assert api.get("/api/users?search=globex", as_=admin).json()["data"]["pagination"]["total"] == 6


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("foo=1", ["property foo should not exist"]),
        ("page=x", "Validation failed (numeric string is expected)"),
        ("status=zz", ["status must be one of the following values: active, inactive, suspended, pending"]),
    ],
)
def test_a_bad_list_query_is_refused(api: Api, admin: Caller, query: str, message: Any) -> None:
    answer = api.get(f"/api/users?{query}", as_=admin)
    assert answer.status_code == 400
    assert answer.json()["message"] == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"firstName": "a" * 51}, "First name must be between 1 and 50 characters"),
        ({"profile": {"website": "nope"}}, "Invalid website URL format"),
        ({"profile": {"phone": "abc"}}, "Invalid phone number format"),
        ({"tags": ["x"] * 11}, "Maximum 10 tags allowed"),
    ],
)
def test_limits_have_their_own_sentences(api: Api, admin: Caller, change: dict[str, Any], message: str) -> None:
    answer = api.post("/api/users", BODY | change, as_=admin)
    assert answer.status_code == 400
    assert answer.json()["message"] == message
