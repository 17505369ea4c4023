"""What role documents let people do, who may hand them out, and what happens at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from celery import current_app
from django.contrib.admin import site
from django.db import connections

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope, activate
from core.events.testing import deliver_all
from core.identity.tokens import verify
from core.worker.app import route_task
from services.users.roles import actions
from services.users.roles.models import Role, UserRole
from services.users.roles.tasks import SWEEP_SECONDS, refresh_permissions
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.users.test_people import person
from tests.users.test_roles import BODY, assign, expire, make, may_create_buyers, system_role


# -- assignments ---------------------------------------------------------------------------------------------------
def test_an_assigned_role_opens_other_services_and_a_revoked_one_closes_them(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    assert not may_create_buyers(api, agent)
    assigned = assign(api, admin, agent, made["id"], reason="helps out")
    assert assigned.status_code == 201
    body = assigned.json()
    assert (body["assignedBy"], body["tenantId"], body["reason"]) == (admin.user_id, TENANT, "helps out")
    assert may_create_buyers(api, agent)
    answer = api.delete(f"/api/rbac/users/{agent.user_id}/roles/{made['id']}", {"reason": "done"}, as_=admin)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not may_create_buyers(api, agent)
    stored = mongo("users")["userroles"].find_one({})
    assert stored is not None
    assert (stored["reason"], stored["revokedBy"]) == ("done", ObjectId(admin.user_id))
    assert assign(api, admin, agent, made["id"]).status_code == 201
    activity = api.get(f"/api/users/{agent.user_id}/activity", as_=admin).json()["data"]["activities"]
    assert {entry["type"] for entry in activity} == {"role_change", "permission_update"}
    assert len(activity) == 6


def test_permissions_survive_a_new_login_and_other_changes(api: Api, admin: Caller) -> None:
    agent, made = person("user", permissions=["leads:delete"]), make(api, admin)
    assign(api, admin, agent, made["id"])
    api.put(f"/api/users/{agent.user_id}", {"notes": "n"}, as_=admin)
    api.put(f"/api/users/{agent.user_id}/roles", {"roles": ["viewer"]}, as_=admin)
    fresh = Caller("viewer", TENANT, agent.user_id, {"rev": 1000})
    assert may_create_buyers(api, fresh)
    entry = mongo("leads")["accessentries"].find_one({"_id": f"user:{agent.user_id}"})
    assert entry is not None
    assert entry["permissions"] == ["leads:delete", "buyers:create"]
    shown = api.get(f"/api/users/{agent.user_id}", as_=admin).json()["data"]["user"]
    assert shown["permissions"] == ["leads:delete"]
    assert not {"grantedPermissions", "grantsGuard"} & shown.keys()


def test_a_role_inherits_one_level_also_from_system_roles(api: Api, admin: Caller, operator: Caller) -> None:
    system_role(api, operator, "MANAGER")
    agent = person("viewer")
    make(api, admin, name="grandparent", permissions=["leads:delete"])
    make(api, admin, name="parent", permissions=["buyers:delete"], inheritedRoles=["grandparent"])
    child = make(api, admin, name="child", permissions=["leads:read"], inheritedRoles=["parent", "MANAGER"])
    assign(api, admin, agent, child["id"])
    held = api.get(f"/api/rbac/users/{agent.user_id}/permissions", as_=admin).json()
    assert held[:2] == ["leads:read", "buyers:delete"]
    assert len(held) == len(set(held)) == 17
    assert "leads:delete" not in held
    assert may_create_buyers(api, agent)


def test_a_changed_role_reaches_its_holders_and_those_of_its_heirs(api: Api, admin: Caller) -> None:
    agent, other = person("user"), person("user")
    parent = make(api, admin, name="parent", permissions=[])
    child = make(api, admin, name="child", permissions=[], inheritedRoles=["parent"])
    assign(api, admin, agent, parent["id"])
    assign(api, admin, other, child["id"])
    path = f"/api/rbac/roles/{parent['id']}"
    for change, expected in (
        ({"permissions": ["buyers:create"]}, True),
        ({"isActive": False}, False),
        ({"isActive": True}, True),
        ({"permissions": []}, False),
    ):
        assert api.put(path, change, as_=admin).status_code == 200
        assert (may_create_buyers(api, agent), may_create_buyers(api, other)) == (expected, expected), change


def test_more_holders_than_fit_a_transaction_follow(api: Api, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_AT_ONCE", 1)
    people, made = [person("user") for _ in range(3)], make(api, admin, permissions=[])
    for agent in people:
        assert assign(api, admin, agent, made["id"]).status_code == 201
    assert api.put(f"/api/rbac/roles/{made['id']}", {"permissions": ["buyers:create"]}, as_=admin).status_code == 200
    assert sum(may_create_buyers(api, agent) for agent in people) == 1
    refresh_permissions()
    assert all(may_create_buyers(api, agent) for agent in people)
    assert refresh_permissions() == 0


def test_an_expired_role_stops_counting(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    later = (now() + timedelta(hours=1)).isoformat()
    assert assign(api, admin, agent, made["id"], expiresAt=later).status_code == 201
    refresh_permissions()
    assert may_create_buyers(api, agent)
    expire(agent)
    path = f"/api/rbac/users/{agent.user_id}"
    assert api.get(f"{path}/roles", as_=admin).json() == []
    assert api.get(f"{path}/permissions", as_=admin).json() == []
    refresh_permissions()
    assert not may_create_buyers(api, agent)
    assert api.delete(f"{path}/roles/{made['id']}", as_=admin).status_code == 404
    assert assign(api, admin, agent, made["id"]).status_code == 201


def test_an_expired_role_may_be_assigned_and_deleted_before_the_sweep(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    assign(api, admin, agent, made["id"], expiresAt=(now() + timedelta(hours=1)).isoformat())
    expire(agent)
    assert assign(api, admin, agent, made["id"]).status_code == 201
    expire(agent)
    assert api.delete(f"/api/rbac/roles/{made['id']}", as_=admin).status_code == 200
    assert not may_create_buyers(api, agent)


def test_the_sweep_is_scheduled_in_the_workers_of_users() -> None:
    task = "services.users.roles.refresh_permissions"
    assert current_app.conf.beat_schedule[task]["schedule"] == SWEEP_SECONDS
    assert task in current_app.tasks
    assert route_task(task, (), {}, {}) == {"queue": "users.jobs"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"expiresAt": "2020-01-01T00:00:00Z"}, 400),
        ({"expiresAt": "9999-12-31T23:59:59-12:00"}, 400),
        ({"expiresAt": "soon"}, 400),
        ({"userId": "64a0000000000000000000ff"}, 400),
        ({"roleId": "64a0000000000000000000ff"}, 404),
        ({"reason": "r" * 1001}, 400),
        ({"metadata": {"$where": 1}}, 400),
        ({"assignedBy": "64a0000000000000000000ff"}, 400),
    ],
)
def test_a_bad_assignment_is_refused(api: Api, admin: Caller, change: dict[str, Any], status: int) -> None:
    agent, made = person("user"), make(api, admin)
    body = {"userId": agent.user_id, "roleId": made["id"], **change}
    assert api.post(f"/api/rbac/users/{agent.user_id}/roles", body, as_=admin).status_code == status


def test_who_may_assign_what(api: Api, admin: Caller, operator: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    for role in ("manager", "user", "viewer"):
        assert assign(api, Caller(role), agent, made["id"]).status_code == 403
    assert assign(api, admin, agent, system_role(api, operator, "SUPER_ADMIN")).status_code == 403
    assert assign(api, admin, agent, system_role(api, operator, "TENANT_ADMIN")).status_code == 201
    # Not even by an operator: nobody of a tenant gets what amounts to one.
    assert assign(api, operator, agent, system_role(api, operator, "SUPER_ADMIN")).status_code == 403
    free = person("user", None)
    assert assign(api, operator, free, system_role(api, operator, "SUPER_ADMIN")).status_code == 201
    deliver_all()
    # The document gives all permissions, but makes nobody an operator: others' SUPER_ADMIN stays out of reach.
    other = person("user", None)
    assert assign(api, free, other, system_role(api, operator, "SUPER_ADMIN")).status_code in (403, 404)
    path = f"/api/rbac/users/{free.user_id}/roles/{system_role(api, operator, 'SUPER_ADMIN')}"
    assert api.delete(path, as_=admin).status_code in (403, 404)
    assert api.delete(path, as_=operator).status_code == 200


def test_people_and_roles_of_other_tenants_cannot_be_combined(
    api: Api, admin: Caller, outsider: Caller, operator: Caller
) -> None:
    agent, stranger, made = person("user"), person("user", OTHER_TENANT), make(api, admin)
    assert assign(api, admin, stranger, made["id"]).json()["message"] == "User not found"
    assert assign(api, outsider, stranger, made["id"]).json()["message"] == "Role not found"
    assert assign(api, operator, stranger, made["id"]).json()["message"] == "Role not found"
    assert assign(api, admin, agent, made["id"]).status_code == 201
    for path in ("roles", "permissions", "permissions/check/leads:read"):
        assert api.get(f"/api/rbac/users/{agent.user_id}/{path}", as_=outsider).status_code == 404
    assert api.delete(f"/api/rbac/users/{agent.user_id}/roles/{made['id']}", as_=outsider).status_code == 404
    # Not even what the old system stored counts across tenants.
    stored = {"userId": ObjectId(stranger.user_id), "roleId": ObjectId(made["id"]), "isActive": True}
    mongo("users")["userroles"].insert_one({**stored, "tenantId": ObjectId(OTHER_TENANT)})
    assert api.get(f"/api/rbac/users/{stranger.user_id}/permissions", as_=outsider).json() == []


def test_a_role_that_a_user_has_stays(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    assign(api, admin, agent, made["id"])
    answer = api.delete(f"/api/rbac/roles/{made['id']}", as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, "Cannot delete role that is assigned to users")
    api.delete(f"/api/rbac/users/{agent.user_id}/roles/{made['id']}", as_=admin)
    deleted = api.delete(f"/api/rbac/roles/{made['id']}", as_=admin)
    assert (deleted.status_code, deleted.content) == (200, b"")


def test_a_deleted_parent_gives_nothing_any_more(api: Api, admin: Caller) -> None:
    agent, parent = person("user"), make(api, admin, name="parent")
    child = make(api, admin, name="child", permissions=[], inheritedRoles=["parent"])
    assign(api, admin, agent, child["id"])
    assert may_create_buyers(api, agent)
    assert api.delete(f"/api/rbac/roles/{parent['id']}", as_=admin).status_code == 200
    assert not may_create_buyers(api, agent)
    # Its heir can still be changed.
    assert api.put(f"/api/rbac/roles/{child['id']}", {"displayName": "C"}, as_=admin).status_code == 200


def test_every_user_may_ask_about_themselves(api: Api, admin: Caller) -> None:
    agent, nobody = person("user"), person("stranger")
    make_id = make(api, admin)["id"]
    assign(api, admin, agent, make_id)
    assign(api, admin, nobody, make_id)
    path = f"/api/rbac/users/{nobody.user_id}/permissions"
    assert api.get(path, as_=nobody).json() == ["buyers:create"]
    assert api.get(f"{path}/check/buyers%3Acreate", as_=nobody).json() == {"hasPermission": True}
    assert api.get(f"/api/rbac/users/{agent.user_id}/permissions", as_=nobody).status_code == 403
    assert api.get("/api/rbac/roles", as_=nobody).status_code == 403


@pytest.mark.parametrize(
    ("asked", "some", "every"),
    [
        ([], False, True),
        (["buyers:create"], True, True),
        (["buyers:create", "x"], True, False),
        (["x"], False, False),
    ],
)
def test_any_and_all(api: Api, admin: Caller, asked: list[str], some: bool, every: bool) -> None:
    agent = person("user")
    assign(api, admin, agent, make(api, admin)["id"])
    path, body = f"/api/rbac/users/{agent.user_id}/permissions", {"permissions": asked, "more": 1}
    answer = api.post(f"{path}/check", body, as_=admin)
    assert (answer.status_code, answer.json()) == (201, {"hasAnyPermission": some})
    answer = api.post(f"{path}/check-all", body, as_=admin)
    assert (answer.status_code, answer.json()) == (201, {"hasAllPermissions": every})
    for bad in ({}, {"permissions": "x"}, {"permissions": [{}]}, {"permissions": None}, []):
        assert api.post(f"{path}/check", bad, as_=admin).status_code == 400


def test_joining_a_tenant_leaves_earlier_roles_behind(api: Api, operator: Caller) -> None:
    founder = person("user", None)
    assert assign(api, operator, founder, system_role(api, operator, "MANAGER")).status_code == 201
    assert api.post("/api/tenants", {"name": "Gamma", "subdomain": "gamma"}, as_=founder).status_code == 201
    stored = mongo("users")["users"].find_one({"_id": ObjectId(founder.user_id)})
    assert stored is not None
    assert stored["grantedPermissions"] == []
    assert api.get(f"/api/rbac/users/{founder.user_id}/roles", as_=founder).json() == []


# -- at once -------------------------------------------------------------------------------------------------------
def at_once(*calls: Any) -> list[int]:
    def run(call: Any) -> int:
        try:
            return int(call().status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_assigning_twice_at_once_assigns_once(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    calls = [lambda: assign(Api(), admin, agent, made["id"])] * 5
    assert at_once(*calls) == [201, 409, 409, 409, 409]
    assert mongo("users")["userroles"].count_documents({}) == 1


def test_the_same_name_twice_at_once_exists_once(api: Api, admin: Caller) -> None:
    calls = [lambda: Api().post("/api/rbac/roles", BODY, as_=admin)] * 4
    assert at_once(*calls) == [201, 409, 409, 409]


def test_different_roles_at_once_all_count(api: Api, admin: Caller) -> None:
    agent = person("user")
    names = ["leads:delete", "buyers:delete", "users:delete", "reports:export"]
    made = [make(api, admin, name=name, permissions=[name]) for name in names]
    calls = [lambda role_id=role["id"]: assign(Api(), admin, agent, role_id) for role in made]
    assert at_once(*calls) == [201] * 4
    stored = mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)})
    assert stored is not None
    assert stored["grantedPermissions"] == sorted(names)


def test_a_role_changed_while_it_is_assigned_leaves_no_old_permission(api: Api, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    change = {"permissions": ["leads:delete"]}
    calls = [
        lambda: assign(Api(), admin, agent, made["id"]),
        lambda: Api().put(f"/api/rbac/roles/{made['id']}", change, as_=admin),
    ]
    assert at_once(*calls) == [200, 201]
    stored = mongo("users")["users"].find_one({"_id": ObjectId(agent.user_id)})
    assert stored is not None
    assert stored["grantedPermissions"] == ["leads:delete"]


def test_system_roles_are_initialized_at_once_by_two(api: Api, operator: Caller) -> None:
    calls = [lambda: Api().post("/api/rbac/initialize-system-roles", as_=operator)] * 3
    assert at_once(*calls) == [201, 201, 201]
    assert mongo("users")["roles"].count_documents({}) == 5


# -- the admin -------------------------------------------------------------------------------------------------------
@pytest.fixture
def pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A request of the admin by a given principal, without signing in: that is tests/core/test_admin.py's."""

    def page(model: Any, caller: Caller) -> tuple[Any, Any]:
        principal = verify(caller.token)
        monkeypatch.setattr("core.admin.site.principal_of", lambda request: principal)
        shown: list[str] = []
        found = site._registry[model]
        monkeypatch.setattr(found, "message_user", lambda request, text, level: shown.append(text))
        return found, shown

    with activate(TenantScope(TENANT)):
        yield page


def test_the_admin_switches_revokes_and_applies(api: Api, pages: Any, admin: Caller, operator: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    assign(api, admin, agent, made["id"])
    page, shown = pages(Role, admin)
    page.deactivate(None, Role.objects.all())
    assert not may_create_buyers(api, agent)
    page.activate(None, Role.objects.all())
    assert may_create_buyers(api, agent)
    page, shown = pages(UserRole, admin)
    page.revoke(None, UserRole.objects.all())
    assert not may_create_buyers(api, agent)
    page.revoke(None, UserRole.objects.all())
    assert shown == [f"{agent.user_id} {made['id']}: Role assignment not found"]


def test_old_assignments_are_applied_by_operators_only(api: Api, pages: Any, admin: Caller, operator: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    old = {"userId": ObjectId(agent.user_id), "roleId": ObjectId(made["id"]), "isActive": True}
    mongo("users")["userroles"].insert_one({**old, "tenantId": ObjectId(TENANT), "assignedAt": now()})
    for caller, expected in ((admin, False), (operator, True)):
        page, _ = pages(UserRole, caller)
        page.apply(None, UserRole.objects.all())
        assert may_create_buyers(api, agent) is expected


def test_assignments_are_found_by_person_and_role(api: Api, pages: Any, admin: Caller) -> None:
    agent, made = person("user"), make(api, admin)
    assign(api, admin, agent, made["id"])
    assign(api, admin, person("user"), make(api, admin, name="another")["id"])
    page, _ = pages(UserRole, admin)
    for term, found in ((agent.user_id, 1), (made["id"], 1), ("", 2), ("x", 0), (admin.user_id, 0)):
        results, _ = page.get_search_results(None, UserRole.objects.all(), term)
        assert len(list(results)) == found, term
