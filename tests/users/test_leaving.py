"""Out of a tenant: by oneself, by others, with the tenant, and what is left behind."""

from typing import Any

import pytest

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.users.accounts import actions as accounts
from services.users.accounts.actions import put_user
from services.users.tenants.tasks import free_people
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller, forget
from tests.users.test_invitations import invite, mails
from tests.users.test_people import person
from tests.users.test_roles import assign, make, may_create_buyers
from tests.users.test_takeover import OUTSIDER, PASSWORD, nothing_happens, registered, stored, tenant

__all__ = ["mails"]


def test_who_is_taken_out_of_a_tenant_is_out_of_all_services(api: Api, operator: Caller) -> None:
    boss = person("admin")
    uuid, token = tenant(TENANT, boss), registered(api, "leaver@x.test")
    user_id = api.get("/api/users/me", as_=token).json()["data"]["user"]["_id"]
    put_user({"_id": user_id, "email": "leaver@x.test", "tenantId": TENANT, "roles": ["manager"]})
    deliver_all()
    tokens = api.post("/api/auth/login", {"email": "leaver@x.test", "password": PASSWORD}).json()
    leaver = Caller("manager", TENANT, user_id)
    assert may_create_buyers(api, leaver)
    assign(api, boss, leaver, make(api, boss)["id"])
    routes = ("/api/leads", "/api/buyers", "/api/dashboard", "/api/users", "/api/auth/me")
    for bearer in (tokens["token"], leaver):
        assert {api.get(route, as_=bearer).status_code for route in routes} == {200}
    assert api.delete(f"/api/tenants/{uuid}/users/{user_id}", as_=boss).status_code == 204
    left = stored(leaver)
    assert (left["tenantId"], left["roles"], left["grantedPermissions"]) == (None, ["user"], [])
    # In the table of users it is at once, in those of the others with the event.
    entry = mongo("users")["accessentries"].find_one({"_id": f"user:{user_id}"})
    assert entry is not None
    assert (entry["tenantId"], entry["roles"], entry["permissions"]) == (None, ["user"], [])
    deliver_all()
    forget()
    assert api.get("/api/leads", as_=leaver).json()["message"] == OUTSIDER
    for bearer, status in ((tokens["token"], 401), (leaver, 403)):
        assert {api.get(route, as_=bearer).status_code for route in routes} == {status}
    assert api.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]}).status_code == 401
    again = api.post("/api/auth/login", {"email": "leaver@x.test", "password": PASSWORD}).json()["token"]
    assert api.get("/api/leads", as_=again).json()["total"] == 0
    assert api.get("/api/users/me", as_=again).json()["data"]["user"].get("tenantId") is None
    assert api.delete(f"/api/tenants/{uuid}/users/{user_id}", as_=boss).status_code == 204


def test_what_was_assigned_does_not_come_back_with_the_person(api: Api, mails: list[Any]) -> None:
    boss, agent = person("admin"), person("user")
    uuid = tenant(TENANT, boss)
    assign(api, boss, agent, make(api, boss)["id"])
    path = f"/api/tenants/{uuid}/users/{agent.user_id}"
    assert api.delete(path, as_=boss).status_code == 204
    _, token = invite(api, boss, mails, email=agent.email, roles=["user"])
    free = Caller("user", None, agent.user_id)
    assert api.post(path, {"token": token}, as_=free).status_code == 201
    assert api.get(f"/api/rbac/users/{agent.user_id}/roles", as_=free).json() == []
    assert not may_create_buyers(api, free)


def test_a_user_who_did_not_ask_to_be_in_a_tenant_leaves_it(
    api: Api, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    """An administrator opens an account on the address of somebody, who hears of it, comes, and goes."""
    monkeypatch.setattr(accounts, "enqueue", lambda task, *arguments: task(*arguments))
    boss = person("admin")
    uuid = tenant(TENANT, boss, name="Strangers Inc")
    body = {"email": "asked@x.test", "firstName": "Not", "lastName": "Asked"}
    user_id = api.post("/api/users", body, as_=boss).json()["data"]["user"]["_id"]
    deliver_all()
    (mail,) = mailoutbox
    assert (mail.to, "an administrator of Strangers Inc has opened" in mail.body) == (["asked@x.test"], True)
    guest = Caller("user", TENANT, user_id)
    assert api.delete(f"/api/tenants/{uuid}/users/{user_id}", as_=guest).status_code == 204
    assert (stored(guest)["tenantId"], stored(guest)["roles"]) == (None, ["user"])
    assert api.delete(f"/api/tenants/{uuid}/users/{boss.user_id}", as_=person("user")).status_code == 403
    with nothing_happens():
        assert api.delete(f"/api/tenants/{uuid}/users/{boss.user_id}", as_=boss).status_code == 403


def test_the_last_operator_stays_one(api: Api) -> None:
    first, second = person("SUPER_ADMIN", None), person("SUPER_ADMIN", None)
    path = f"/api/users/{first.user_id}/roles"
    put_user({"_id": second.user_id, "email": "second@x.test", "status": "suspended"})
    with nothing_happens():
        answer = api.put(path, {"roles": ["user"]}, as_=first)
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "The platform needs at least one active operator",
        )
    put_user({"_id": second.user_id, "email": "second@x.test", "status": "active"})
    assert api.put(path, {"roles": ["user"]}, as_=first).status_code == 200


def test_neither_owner_nor_last_administrator_is_taken_out(api: Api) -> None:
    root, owner, admin = person("SUPER_ADMIN", None), person("user"), person("admin")
    uuid = tenant(TENANT, owner)
    with nothing_happens():
        answer = api.delete(f"/api/tenants/{uuid}/users/{owner.user_id}", as_=root)
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "Insufficient permissions to manage tenant users",
        )
        answer = api.delete(f"/api/tenants/{uuid}/users/{admin.user_id}", as_=root)
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "A tenant needs at least one active administrator",
        )


def test_a_deleted_tenant_takes_no_user_with_it(api: Api, mails: list[Any]) -> None:
    """Whoever founds one on somebody else's address and deletes it must not lock the owner of that address out for good."""
    token = registered(api, "owner@x.test")
    uuid = api.post("/api/tenants", {"name": "Gone", "subdomain": "gone"}, as_=token).json()["tenantId"]
    deliver_all()
    forget()
    assert api.delete(f"/api/tenants/{uuid}", as_=token).status_code == 204
    free_people()
    deliver_all()
    forget()
    left = mongo("users")["users"].find_one({"email": "owner@x.test"})
    assert left is not None
    assert (left["tenantId"], left["roles"], left["status"]) == (None, ["user"], "active")
    again = api.post("/api/auth/login", {"email": "owner@x.test", "password": PASSWORD}).json()["token"]
    assert api.get("/api/users/me", as_=again).status_code == 200
    boss = person("admin")
    other = tenant(TENANT, boss)
    _, invitation = invite(api, boss, mails, email="owner@x.test", roles=["user"])
    assert api.post(f"/api/tenants/{other}/users/{left['_id']}", {"token": invitation}, as_=again).status_code == 201


def test_people_of_a_tenant_that_was_deleted_long_ago_are_freed_once(api: Api) -> None:
    lost, kept = person("admin"), person("admin", OTHER_TENANT)
    tenant(TENANT, lost, deletedAt=now())
    tenant(OTHER_TENANT, kept)
    assert (free_people(), free_people(), free_people()) == (1, 0, 0)
    assert stored(lost)["tenantId"] is None
    assert stored(kept)["tenantId"] is not None


def test_who_a_user_became_after_leaving_is_not_told_there(api: Api, mails: list[Any]) -> None:
    """Logs and invitations name who acted: of somebody who is elsewhere by now they show the id only."""
    boss, leaver = person("admin"), person("admin")
    tenant(TENANT, boss)
    invite(api, leaver, mails, email="new@x.test", roles=["user"])
    agent = person("user")
    answer = api.put(f"/api/users/{agent.user_id}/status", {"status": "suspended"}, as_=leaver)
    assert answer.status_code == 200
    put_user({"_id": leaver.user_id, "email": "secret@rival.test", "firstName": "Zoe", "tenantId": OTHER_TENANT})
    routes = ("/api/admin/invitations", "/api/users/activity/search", f"/api/users/{agent.user_id}/status-history")
    for route in routes:
        answer = api.get(route, as_=boss)
        assert answer.status_code == 200
        assert "rival" not in str(answer.json()) and "Zoe" not in str(answer.json())
    shown = api.get("/api/admin/invitations", as_=boss).json()["invitations"][0]["invitedBy"]
    assert (shown["_id"], shown["email"]) == (leaver.user_id, "")
