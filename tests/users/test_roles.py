"""Role documents through the API: who may do what with them, and what they let people do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from django.core.management import call_command
from pymongo import ASCENDING

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from core.identity.roles import PERMISSIONS, SYSTEM_ROLES
from services.users.roles import rules
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.users.test_people import person

BODY = {"name": "closer", "displayName": "Closer", "permissions": ["buyers:create"]}
BUYER = {"companyName": "Buy Co", "contactName": "Ben", "email": "ben@buy.test", "phone": "512-555-0100"}
BUYER |= {"city": "Austin", "state": "TX"}


def make(api: Api, as_: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/rbac/roles", BODY | changes, as_=as_)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def assign(api: Api, as_: Caller, to: Caller, role_id: str, **more: Any) -> Any:
    body = {"userId": to.user_id, "roleId": role_id, **more}
    return api.post(f"/api/rbac/users/{to.user_id}/roles", body, as_=as_)


def matrix() -> dict[str, set[str]]:
    """The marks of the table in users-rules §3.3: permissions by system role."""
    text = (Path(__file__).parents[2] / "contract/users-rules.md").read_text(encoding="utf-8")
    lines = text.partition("### 3.3")[2].partition("### 3.4")[0].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    marked = {row[0]: row[1:] for row in rows if ":" in row[0]}
    assert set(marked) == set(PERMISSIONS)
    names = rows[0][1:]
    return {name: {key for key, marks in marked.items() if marks[column]} for column, name in enumerate(names)}


def system_role(api: Api, operator: Caller, name: str) -> str:
    assert api.post("/api/rbac/initialize-system-roles", as_=operator).status_code == 201
    found = mongo("users")["roles"].find_one({"name": name, "tenantId": None})
    assert found is not None
    return str(found["_id"])


def may_create_buyers(api: Api, who: Caller) -> bool:
    deliver_all()
    status = api.post("/api/buyers", {**BUYER, "email": f"{ObjectId()}@buy.test"}, as_=who).status_code
    assert status in (201, 403)
    return bool(status == 201)


def expire(user: Caller) -> None:
    past = {"$set": {"expiresAt": now() - timedelta(seconds=1)}}
    mongo("users")["userroles"].update_many({"userId": ObjectId(user.user_id)}, past)


# -- roles ---------------------------------------------------------------------------------------------------------
def test_a_role_is_created_in_the_callers_tenant(api: Api, admin: Caller) -> None:
    made = make(api, admin, description="d", metadata={"a": 1})
    assert (made["tenantId"], made["createdBy"], made["type"]) == (TENANT, admin.user_id, "custom")
    assert (made["isActive"], made["inheritedRoles"], made["permissions"]) == (True, [], ["buyers:create"])
    assert made["_id"] == made["id"]
    assert not {"rev", "guard"} & made.keys()
    assert api.get(f"/api/rbac/roles/{made['id']}", as_=admin).json() == made


@pytest.mark.parametrize("role", ["manager", "user", "viewer", "acquisitions"])
def test_only_administrators_write_roles(api: Api, admin: Caller, role: str) -> None:
    path = f"/api/rbac/roles/{make(api, admin)['id']}"
    for method, where, body in (("POST", "/api/rbac/roles", BODY), ("PUT", path, {}), ("DELETE", path, None)):
        answer = api.request(method, where, body, as_=Caller(role))
        assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden resource")
    assert api.post("/api/rbac/initialize-system-roles", as_=admin).status_code == 403


def test_a_name_is_unique_in_its_tenant_only(api: Api, admin: Caller, outsider: Caller, operator: Caller) -> None:
    make(api, admin)
    make(api, outsider)
    make(api, operator, name="another")
    answer = api.post("/api/rbac/roles", BODY, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (409, "Role with this name already exists")
    for name in SYSTEM_ROLES:
        assert api.post("/api/rbac/roles", BODY | {"name": name}, as_=admin).status_code == 409


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"permissions": ["x", "leads:read", "y", "x"]}, "Invalid permissions: x, y"),
        ({"inheritedRoles": ["nobody"]}, "Inherited role not found: nobody"),
        ({"name": None}, ["name must be a string"]),
        ({"name": "n" * 101}, ["name must be shorter than or equal to 100 characters"]),
        ({"name": "  "}, ["name should not be empty"]),
        ({"name": "  ", "isActive": "yes"}, ["isActive must be a boolean value"]),
        ({"displayName": 5}, ["displayName must be a string"]),
        ({"type": "king"}, ["type must be one of the following values: system, custom"]),
        ({"isActive": "yes"}, ["isActive must be a boolean value"]),
        ({"permissions": "leads:read"}, ["permissions must be an array"]),
        ({"permissions": ["leads:read"] * 101}, ["permissions must contain no more than 100 elements"]),
        ({"metadata": {"a": "x" * 10_000}}, ["metadata must be shorter than or equal to 10000 characters as JSON"]),
        ({"tenantId": OTHER_TENANT}, ["property tenantId should not exist"]),
    ],
)
def test_a_bad_role_is_refused(api: Api, admin: Caller, change: dict[str, Any], message: Any) -> None:
    answer = api.post("/api/rbac/roles", BODY | change, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_no_caller_makes_a_role_that_gives_more_than_they_have(api: Api, admin: Caller, operator: Caller) -> None:
    system_role(api, operator, "SUPER_ADMIN")
    for change in (
        {"permissions": ["system:backup"]},
        {"inheritedRoles": ["SUPER_ADMIN"]},
        {"type": "system"},
        {"permissions": ["system:backup"], "isActive": False},
    ):
        assert api.post("/api/rbac/roles", BODY | change, as_=admin).status_code == 403
    path = f"/api/rbac/roles/{make(api, admin)['id']}"
    assert api.put(path, {"permissions": ["buyers:create", "system:backup"]}, as_=admin).status_code == 403
    assert api.put(path, {"inheritedRoles": ["SUPER_ADMIN"]}, as_=admin).status_code == 403
    sleeping = {"permissions": ["buyers:create", "system:backup"], "isActive": False}
    assert api.put(path, sleeping, as_=admin).status_code == 403
    assert api.get(path, as_=admin).json()["permissions"] == ["buyers:create"]


def test_a_role_beyond_the_caller_can_be_renamed_but_not_woken(api: Api, admin: Caller, operator: Caller) -> None:
    chosen = Caller("SUPER_ADMIN", TENANT)
    made = make(api, chosen, permissions=["system:backup"], isActive=False)
    path = f"/api/rbac/roles/{made['id']}"
    changed = api.put(path, {"displayName": "New"}, as_=admin)
    assert (changed.status_code, changed.json()["displayName"]) == (200, "New")
    assert changed.json()["updatedBy"] == admin.user_id
    assert api.put(path, {"isActive": True}, as_=admin).status_code == 403


def test_name_and_type_stay(api: Api, admin: Caller) -> None:
    path = f"/api/rbac/roles/{make(api, admin)['id']}"
    answer = api.put(path, {"name": "n", "type": "system"}, as_=admin)
    assert answer.status_code == 400
    assert answer.json()["message"] == ["property name should not exist", "property type should not exist"]


def test_system_roles_hold_the_matrix_and_stay_as_they_are(api: Api, admin: Caller, operator: Caller) -> None:
    system_role(api, operator, "VIEWER")
    system_role(api, operator, "VIEWER")
    found = api.get("/api/rbac/roles?type=system&limit=100", as_=admin).json()
    assert {role["name"]: set(role["permissions"]) for role in found["roles"]} == matrix()
    assert found["total"] == 5
    assert all("tenantId" not in role for role in found["roles"])
    assert api.get("/api/rbac/roles", as_=admin).json() == {"roles": [], "total": 0}
    for caller in (admin, operator):
        path = f"/api/rbac/roles/{found['roles'][0]['id']}"
        assert api.get(path, as_=caller).status_code == 200
        assert api.put(path, {}, as_=caller).json()["message"] == "System roles cannot be modified"
        assert api.delete(path, as_=caller).json()["message"] == "System roles cannot be deleted"


def test_roles_of_another_tenant_do_not_exist(api: Api, admin: Caller, outsider: Caller) -> None:
    path = f"/api/rbac/roles/{make(api, admin)['id']}"
    for method in ("GET", "PUT", "DELETE"):
        answer = api.request(method, path, {} if method == "PUT" else None, as_=outsider)
        assert (answer.status_code, answer.json()["message"]) == (404, "Role not found")
    assert api.get("/api/rbac/roles", as_=outsider).json()["total"] == 0
    assert api.post("/api/rbac/roles", BODY | {"inheritedRoles": ["closer"]}, as_=outsider).status_code == 400


def test_malformed_ids_are_not_found(api: Api, admin: Caller) -> None:
    someone = person()
    for method, path, message in (
        ("GET", "/api/rbac/roles/x", "Role not found"),
        ("PUT", "/api/rbac/roles/x", "Role not found"),
        ("DELETE", "/api/rbac/roles/%00", "Role not found"),
        ("GET", "/api/rbac/users/x/roles", "User not found"),
        ("GET", "/api/rbac/users/x/permissions/check/leads%3Aread", "User not found"),
        ("DELETE", f"/api/rbac/users/{someone.user_id}/roles/x", "Role assignment not found"),
        ("DELETE", f"/api/rbac/users/x/roles/{someone.user_id}", "Role assignment not found"),
    ):
        answer = api.request(method, path, {} if method == "PUT" else None, as_=admin)
        assert (answer.status_code, answer.json()["message"]) == (404, message), path


def test_the_list_filters_sorts_and_pages(api: Api, admin: Caller) -> None:
    for number in range(12):
        make(api, admin, name=f"r{number:02}", description="a (b" if number % 2 else "c", isActive=number > 2)
    found = api.get("/api/rbac/roles?limit=5&page=2&sortBy=name&sortOrder=asc", as_=admin).json()
    assert [role["name"] for role in found["roles"]] == [f"r{number:02}" for number in range(5, 10)]
    assert found["total"] == 12
    assert api.get("/api/rbac/roles?search=A%20(B", as_=admin).json()["total"] == 6
    assert api.get("/api/rbac/roles?isActive=false", as_=admin).json()["total"] == 3
    assert len(api.get("/api/rbac/roles?limit=5000&sortBy=$where", as_=admin).json()["roles"]) == 12
    for query in ("x=1", "page=x", "limit=0", "isActive=maybe", "search=" + "a" * 201):
        assert api.get(f"/api/rbac/roles?{query}", as_=admin).status_code == 400, query


# -- the database that is there --------------------------------------------------------------------------------------
def test_the_old_unique_indexes_go_and_ours_stay(api: Api) -> None:
    roles = mongo("users")["roles"]
    ours = set(roles.index_information())
    roles.create_index([("name", ASCENDING)], name="name_1", unique=True)
    assignments = mongo("users")["userroles"]
    old_keys = [("userId", ASCENDING), ("roleId", ASCENDING), ("tenantId", ASCENDING)]
    assignments.create_index(old_keys, name="userId_1_roleId_1_tenantId_1", unique=True)
    before = set(assignments.index_information()) - {"userId_1_roleId_1_tenantId_1"}
    call_command("prepare", verbosity=0)
    assert set(roles.index_information()) == ours
    assert set(assignments.index_information()) == before
    assert assignments.index_information()["active_userId_roleId_tenantId"]["partialFilterExpression"]


def test_rules_of_inheritance_prefer_the_own_tenant() -> None:
    shared = {"name": "X", "type": "system", "isActive": True, "permissions": ["leads:read"]}
    own = {"name": "X", "type": "custom", "isActive": True, "permissions": ["leads:update"], "tenantId": TENANT}
    foreign = {**own, "tenantId": OTHER_TENANT, "permissions": ["leads:delete"]}
    child = {"name": "c", "inheritedRoles": ["X"], "isActive": True, "tenantId": TENANT}
    assert rules.effective([child], [shared, own, foreign]) == ["leads:update"]
    assert rules.effective([child], [shared, {**own, "isActive": False}, foreign]) == ["leads:read"]
    assert rules.effective([{**child, "isActive": False}], [shared]) == []
