"""What somebody tries who wants what is not theirs: another person's account, another tenant, the platform. A list of attacks;
then a walk of every kind of caller over every kind of person with every operation, against the rules written down here.

E-mail addresses have their own list in test_addresses.py.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from bson import ObjectId
from django.conf import settings
from django.contrib.admin import site
from django.db import connections

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.scope import activate
from core.events.testing import deliver_all
from core.identity.principals import Principal
from core.identity.tokens import verify
from services.users.accounts.actions import put_user
from services.users.accounts.models import User
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller, forget
from tests.users.test_invitations import accept, invite, mails
from tests.users.test_people import person
from tests.users.test_roles import assign, system_role

__all__ = ["mails"]

PASSWORD = "Str0ng!pass"
OUTSIDER = "User does not have access to this tenant"


def tenant(key: str, owner: Caller | None, status: str = "active", **fields: Any) -> str:
    """Store a tenant and return its UUID."""
    uuid = f"20000000-0000-4000-8000-{key[-12:]}"
    stored = {
        "_id": ObjectId(key),
        "tenantId": uuid,
        "name": f"T {key[-4:]}",
        "subdomain": f"t{key[-4:]}",
        "plan": "basic",
    }
    lists = {"adminIds": [], "memberIds": [], "settings": {}, "createdAt": now(), "updatedAt": now()}
    owner_id = ObjectId(owner.user_id) if owner else None
    mongo("users")["tenants"].insert_one({**stored, **lists, "status": status, "ownerId": owner_id, **fields})
    return uuid


def stored(who: Caller) -> dict[str, Any]:
    found = mongo("users")["users"].find_one({"_id": ObjectId(who.user_id)})
    assert found is not None
    return dict(found)


@contextmanager
def nothing_happens() -> Iterator[None]:
    """People, tenants and assignments are the same after the block, and nobody is asked to confirm an address."""
    before = everything()
    yield
    assert everything() == before


def everything() -> dict[str, Any]:
    kept = {
        name: list(mongo("users")[name].find({}).sort("_id")) for name in ("users", "tenants", "userroles", "roles")
    }
    asked = mongo("users")["outboxevents"].count_documents({"name": "user.email_requested"})
    return {**kept, "invitations": list(mongo("users")["userinvitations"].find()), "asked": asked}


def registered(api: Api, email: str) -> str:
    """Register somebody and return their token."""
    account = {"email": email, "password": PASSWORD, "firstName": "Mal", "lastName": "Ory"}
    assert api.post("/api/auth/register", account).status_code == 201
    answer = api.post("/api/auth/login", {"email": email, "password": PASSWORD})
    deliver_all()
    return str(answer.json()["token"])


# -- into a tenant without one's consent ---------------------------------------------------------------------------
@pytest.mark.parametrize("opened", [False, True])
def test_a_user_who_registers_does_not_become_operator(api: Api, operator: Caller, opened: bool) -> None:
    """Found a tenant, move the operator into it, change the address, reset the password, log in."""
    victim = Caller("SUPER_ADMIN", None)
    put_user(
        {"_id": victim.user_id, "email": "root@x.test", "firstName": "R", "lastName": "T", "roles": ["SUPER_ADMIN"]}
        | {"status": "active"}
    )
    token = registered(api, "mallory@x.test")
    founded = api.post("/api/tenants", {"name": "Mine", "subdomain": "mine"}, as_=token).json()
    if opened:
        api.post(f"/api/tenants/{founded['tenantId']}/activate", as_=operator)
    deliver_all()
    path = f"/api/tenants/{founded['tenantId']}/users/{victim.user_id}"
    with nothing_happens():
        for query in ("", "?role=admin"):
            answer = api.post(path + query, as_=token)
            assert answer.status_code == 403
            assert answer.json()["message"] == (OUTSIDER if opened else "Invalid or inactive tenant")
        for change in ({"email": "mallory2@x.test"}, {"roles": ["user"]}, {"status": "suspended"}):
            assert api.put(f"/api/users/{victim.user_id}", change, as_=token).status_code in (403, 404)
    api.post("/api/auth/forgot-password", {"email": "mallory2@x.test"})
    assert mongo("auth")["passwordresettokens"].count_documents({}) == 0


def test_no_user_without_tenant_is_moved_into_one(api: Api, operator: Caller) -> None:
    boss, loose, elsewhere = person("admin"), person("user", None), person("user", OTHER_TENANT)
    uuid = tenant(TENANT, boss)
    tenant(OTHER_TENANT, None)
    with nothing_happens():
        for caller in (boss, operator):
            for victim in (loose, elsewhere):
                answer = api.post(f"/api/tenants/{uuid}/users/{victim.user_id}?role=admin", as_=caller)
                assert (answer.status_code, answer.json()["message"]) == (403, OUTSIDER)
    # An unknown person is no different: nothing is told about who exists.
    answer = api.post(f"/api/tenants/{uuid}/users/{ObjectId()}", as_=boss)
    assert (answer.status_code, answer.json()["message"]) == (403, OUTSIDER)


def test_a_person_joins_with_the_token_that_was_mailed_to_them(api: Api, mails: list[Any]) -> None:
    boss, loose = person("admin"), person("user", None, permissions=["leads:delete"])
    uuid = tenant(TENANT, boss)
    _, token = invite(api, boss, mails, email=loose.email)
    path = f"/api/tenants/{uuid}/users/{loose.user_id}"
    thief, member = person("user", None), person("user", OTHER_TENANT)
    with nothing_happens():
        # Without the token, with a wrong one, by somebody else, for somebody else, into another tenant.
        assert api.post(path, as_=loose).status_code == 403
        assert api.post(path, {"token": "f" * 64}, as_=loose).status_code == 400
        assert api.post(f"/api/tenants/{uuid}/users/{thief.user_id}", {"token": token}, as_=thief).status_code == 400
        assert api.post(f"/api/tenants/{uuid}/users/{member.user_id}", {"token": token}, as_=member).status_code == 400
        assert api.post(path, {"token": token}, as_=thief).status_code == 403
        assert api.post(path, {"token": token}, as_=boss).status_code == 403
    other = tenant(OTHER_TENANT, None)
    assert api.post(f"/api/tenants/{other}/users/{loose.user_id}", {"token": token}, as_=loose).status_code == 400
    assert api.post(path, {"token": token}, as_=loose).status_code == 201
    joined = stored(loose)
    assert (joined["tenantId"], joined["roles"], joined["permissions"]) == (ObjectId(TENANT), ["acquisitions"], [])
    assert api.post(path, {"token": token}, as_=loose).status_code == 400
    deliver_all()
    assert api.get("/api/users/me", as_=loose).json()["data"]["user"]["tenantId"] == TENANT
    assert mongo("auth")["authinvitations"].find_one({})["status"] == "accepted"  # type: ignore[index]


def test_an_operator_enters_no_tenant_by_invitation(api: Api, mails: list[Any]) -> None:
    boss, root = person("admin"), person("SUPER_ADMIN", None)
    uuid = tenant(TENANT, boss)
    body = {"email": root.email, "roles": ["viewer"]}
    assert api.post("/api/admin/invitations", body, as_=boss).status_code == 409
    # Invited first, operator afterwards.
    late = person("user", None)
    _, token = invite(api, boss, mails, email=late.email)
    assert api.put(f"/api/users/{late.user_id}/roles", {"roles": ["SUPER_ADMIN"]}, as_=root).status_code == 200
    with nothing_happens():
        answer = api.post(f"/api/tenants/{uuid}/users/{late.user_id}", {"token": token}, as_=late)
        assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden resource")


def test_a_member_of_a_tenant_is_not_invited_away(api: Api, mails: list[Any]) -> None:
    boss, late = person("admin"), person("user", None)
    uuid = tenant(TENANT, boss)
    _, token = invite(api, boss, mails, email=late.email)
    assert api.post("/api/tenants", {"name": "Own", "subdomain": "own"}, as_=late).status_code == 201
    with nothing_happens():
        answer = api.post(f"/api/tenants/{uuid}/users/{late.user_id}", {"token": token}, as_=late)
        assert answer.status_code == 403
    assert api.post("/api/admin/invitations", {"email": late.email}, as_=boss).status_code == 409


@pytest.mark.parametrize("fallen", [{"roles": ["user"]}, {"status": "suspended"}, {"tenantId": None}])
def test_an_invitation_is_worth_what_its_inviter_may_still_give(
    api: Api, mails: list[Any], fallen: dict[str, Any]
) -> None:
    """Somebody about to be dismissed invites a second self as administrator."""
    boss, loose = person("admin"), person("user", None)
    uuid = tenant(TENANT, None)
    _, first = invite(api, boss, mails, email=loose.email, roles=["admin"])
    _, second = invite(api, boss, mails, email="second.self@x.test", roles=["admin"])
    mongo("users")["users"].update_one({"_id": ObjectId(boss.user_id)}, {"$set": fallen})
    assert api.post(f"/api/tenants/{uuid}/users/{loose.user_id}", {"token": first}, as_=loose).status_code == 400
    assert stored(loose)["tenantId"] is None
    assert accept(api, second).status_code == 200
    deliver_all()
    assert mongo("users")["users"].find_one({"email": "second.self@x.test"})["status"] == "inactive"  # type: ignore[index]


def test_no_user_is_caught_by_the_google_account_that_an_administrator_names(api: Api, admin: Caller) -> None:
    body = {"email": "victim@x.test", "firstName": "V", "lastName": "M", "googleId": "g-123"}
    answer = api.post("/api/users", body, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, ["property googleId should not exist"])


# -- operators and tenants do not mix ------------------------------------------------------------------------------
def test_no_user_of_a_tenant_gets_what_amounts_to_an_operator(api: Api) -> None:
    root, agent = person("SUPER_ADMIN", None), person("user")
    path, chosen = f"/api/users/{agent.user_id}", {"HTTP_X_TENANT_ID": TENANT}
    whole = system_role(api, root, "SUPER_ADMIN")
    with nothing_happens():
        for words in (["SUPER_ADMIN"], ["user", "SUPER_ADMIN"]):
            assert api.put(f"{path}/roles", {"roles": words}, as_=root).status_code == 403
            assert api.put(path, {"roles": words}, as_=root).status_code == 403
        for word in ("super_admin", "Super_Admin", " SUPER_ADMIN", "tenant:create", "ADMIN"):
            assert api.put(f"{path}/roles", {"roles": [word]}, as_=root).status_code == 400
        for permission in ("tenant:create", "tenant:delete", "system:backup"):
            assert api.put(path, {"permissions": [permission]}, as_=root).status_code == 403
            role = {"name": "x", "displayName": "X", "permissions": [permission]}
            assert api.post("/api/rbac/roles", role, as_=root, **chosen).status_code == 403
        assert assign(api, root, agent, whole).status_code == 403
        heir = {"name": "x", "displayName": "X", "permissions": [], "inheritedRoles": ["SUPER_ADMIN"]}
        assert api.post("/api/rbac/roles", heir, as_=root, **chosen).status_code == 403


def test_an_operator_founds_a_tenant_without_being_of_it(api: Api) -> None:
    root = person("SUPER_ADMIN", None)
    assert api.post("/api/tenants", {"name": "Own", "subdomain": "own"}, as_=root).status_code == 201
    assert (stored(root)["tenantId"], stored(root)["roles"]) == (None, ["SUPER_ADMIN"])


def test_a_user_who_holds_what_is_the_operators_founds_nothing(api: Api) -> None:
    deputy = person("user", None, permissions=["tenant:create"])
    with nothing_happens():
        assert api.post("/api/tenants", {"name": "Own", "subdomain": "own"}, as_=deputy).status_code == 403


def test_what_the_old_system_assigned_makes_no_operator_of_a_tenants_person(api: Api, operator: Caller) -> None:
    agent, whole = person("user"), system_role(api, operator, "SUPER_ADMIN")
    old = {"userId": ObjectId(agent.user_id), "roleId": ObjectId(whole), "isActive": True, "tenantId": ObjectId(TENANT)}
    mongo("users")["userroles"].insert_one(old)
    held = api.get(f"/api/rbac/users/{agent.user_id}/permissions", as_=agent).json()
    assert "leads:delete" in held
    assert not {"tenant:create", "tenant:delete", "system:backup"} & set(held)


def test_a_command_makes_no_operator_with_a_tenant() -> None:
    from core.errors import Forbidden

    both = {
        "_id": str(ObjectId()),
        "email": "x@x.test",
        "roles": ["SUPER_ADMIN"],
        "tenantId": TENANT,
        "status": "active",
    }
    with pytest.raises(Forbidden):
        put_user(both)


# -- more powerful people, by every way in -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "more", [{"roles": ["admin"]}, {"permissions": ["users:delete"]}, {"grantedPermissions": ["tenant:settings"]}]
)
def test_rights_of_any_source_protect_their_holder(api: Api, more: dict[str, Any]) -> None:
    clerk = person("user", permissions=["users:update", "users:assign_roles"])
    mongo("users")["users"].update_one(
        {"_id": ObjectId(clerk.user_id)}, {"$set": {"grantedPermissions": ["users:read"]}}
    )
    plain, strong = person("user"), person("user", **more)
    put_access(clerk)
    assert api.put(f"/api/users/{plain.user_id}", {"firstName": "New"}, as_=clerk).status_code == 200
    with nothing_happens():
        for body in ({"firstName": "New"}, {"email": "m@x.test"}, {"status": "suspended"}, {"roles": ["viewer"]}):
            assert api.put(f"/api/users/{strong.user_id}", body, as_=clerk).status_code == 403
        assert api.put(f"/api/users/{strong.user_id}/status", {"status": "suspended"}, as_=clerk).status_code == 403
        assert api.put(f"/api/users/{strong.user_id}/roles", {"roles": ["viewer"]}, as_=clerk).status_code == 403


def put_access(who: Caller) -> None:
    """Let the access table know what the document says."""
    held = {"status": "active", "roles": [who.role], "tenantId": who.tenant_id, "version": 0}
    permissions = stored(who)["permissions"]
    entry = {"_id": f"user:{who.user_id}", **held, "permissions": permissions, "changedAt": now()}
    mongo(settings.SERVICES[0])["accessentries"].insert_one(entry)
    forget()


def test_owner_and_listed_administrators_are_out_of_an_administrators_reach(api: Api) -> None:
    owner, listed, admin = person("admin"), person("admin"), person("admin")
    uuid = tenant(TENANT, owner, adminIds=[ObjectId(listed.user_id)])
    with nothing_happens():
        for victim in (owner, listed):
            assert api.put(f"/api/users/{victim.user_id}/roles", {"roles": ["viewer"]}, as_=admin).status_code == 403
            assert api.delete(f"/api/users/{victim.user_id}", as_=admin).status_code == 403
        assert api.put(f"/api/users/{owner.user_id}/status", {"status": "suspended"}, as_=listed).status_code == 403
        assert api.delete(f"/api/tenants/{uuid}/users/{owner.user_id}", as_=listed).status_code == 403
        assert api.post(f"/api/tenants/{uuid}/users/{admin.user_id}?role=admin", as_=admin).status_code == 403
    assert api.put(f"/api/users/{listed.user_id}/roles", {"roles": ["viewer"]}, as_=owner).status_code == 200


def test_the_admin_pages_ask_the_same_rules(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, admin = person("admin"), person("admin")
    tenant(TENANT, owner)
    principal: Principal = verify(admin.token)
    monkeypatch.setattr("core.admin.site.principal_of", lambda request: principal)
    shown: list[str] = []
    page: Any = site._registry[User]
    monkeypatch.setattr(page, "message_user", lambda request, text, level: shown.append(text))
    with activate(principal.scope), nothing_happens():
        page.suspend(None, User.objects.filter(pk=ObjectId(owner.user_id)))
    assert shown == [f"{owner.email}: Forbidden resource"]


def test_a_manager_touches_no_invitation_of_an_administrator(api: Api, mails: list[Any]) -> None:
    boss, manager = person("admin"), person("manager")
    key, _ = invite(api, boss, mails, roles=["admin"])
    with nothing_happens():
        for what in ("resend", "cancel"):
            assert api.put(f"/api/admin/invitations/{key}/{what}", as_=manager).status_code == 403


def test_rights_that_were_taken_a_moment_ago_are_gone(api: Api) -> None:
    """The token, and the memory of this process, still say administrator."""
    boss, agent = person("admin"), person("user")
    mongo("users")["users"].update_one({"_id": ObjectId(boss.user_id)}, {"$set": {"roles": ["user"]}})
    with nothing_happens():
        assert api.put(f"/api/users/{agent.user_id}", {"firstName": "X"}, as_=boss).status_code == 403
        assert api.put(f"/api/users/{agent.user_id}/roles", {"roles": ["viewer"]}, as_=boss).status_code == 403
        assert api.post("/api/admin/invitations", {"email": "n@x.test"}, as_=boss).status_code == 403


@pytest.mark.parametrize("status", ["pending", "suspended", "inactive", "deleted"])
def test_a_tenant_that_is_not_active_changes_no_user(api: Api, mails: list[Any], status: str) -> None:
    """Also in the two seconds in which the process does not know it yet."""
    owner, agent = person("admin"), person("user")
    key, _ = invite(api, owner, mails)
    gone = {"status": "active", "deletedAt": now()} if status == "deleted" else {"status": status}
    uuid = tenant(TENANT, owner, **gone)
    one, new = f"/api/users/{agent.user_id}", {"email": "n@x.test", "firstName": "A", "lastName": "B"}
    attempts = [
        ("POST", "/api/users", new),
        ("PUT", one, {"firstName": "X"}),
        ("PUT", one, {"email": "n@x.test"}),
        ("PUT", f"{one}/status", {"status": "suspended"}),
        ("PUT", f"{one}/roles", {"roles": ["viewer"]}),
        ("DELETE", one, {}),
        ("POST", f"{one}/preferences/reset", None),
        ("POST", "/api/admin/invitations", {"email": "n@x.test"}),
        ("PUT", f"/api/admin/invitations/{key}/resend", None),
        ("PUT", f"/api/admin/invitations/{key}/cancel", {}),
        ("POST", "/api/rbac/roles", {"name": "x", "displayName": "X", "permissions": []}),
        ("POST", f"/api/tenants/{uuid}/users/{agent.user_id}", None),
        ("DELETE", f"/api/tenants/{uuid}/users/{agent.user_id}", None),
    ]
    with nothing_happens():
        for method, path, body in attempts:
            answer = api.request(method, path, body, as_=owner)
            assert answer.status_code == (404 if status == "deleted" and "tenants" in path else 403), (method, path)


def test_one_person_founds_one_tenant_also_with_two_requests_at_once(api: Api) -> None:
    founder = person("user", None)

    def found(number: int) -> int:
        try:
            body = {"name": f"Twin {number}", "subdomain": f"twin{number}"}
            return int(Api().post("/api/tenants", body, as_=founder).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(found, range(3)))
    assert sorted(codes) == [201, 403, 403]
    assert mongo("users")["tenants"].count_documents({}) == 1
