"""Everybody does everything to everybody: who may is written here once more (docs/decisions/0013)."""

from typing import Any

import pytest
from django.conf import settings

from core.documents.collection import now
from core.documents.driver import database as mongo
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller, forget
from tests.users.test_people import person
from tests.users.test_roles import system_role
from tests.users.test_takeover import everything, tenant

PENDING, CLOSED = "64b000000000000000000003", "64b000000000000000000004"
RANK = {"viewer": 0, "member": 1, "manager": 2, "admin": 3, "peer": 3, "owner": 4, "operator": 5}
RANK |= {"outsider": 3, "pending owner": 4, "closed owner": 4, "loose": 1}
HOME = dict.fromkeys(("viewer", "member", "manager", "admin", "peer", "owner"), TENANT) | {"outsider": OTHER_TENANT}
HOME |= {"pending owner": PENDING, "closed owner": CLOSED}
# Whoever ranks lower may not do it to anybody else.
NEEDED = {
    "update": 3,
    "email": 3,
    "status": 3,
    "roles": 3,
    "permissions": 3,
    "delete": 3,
    "assign": 3,
    "preferences": 2,
}
NEEDED |= {"list": 4, "remove": 4}
ONESELF = {"update": True, "email": True, "status": False, "delete": False}


def may(caller: str, operation: str, target: str) -> bool:
    """The rules of docs/decisions/0013, written once more."""
    if caller in ("nobody", "closed owner"):
        return False
    if caller == target and operation in ONESELF:
        return ONESELF[operation]
    if caller == target and operation == "remove" and caller in HOME:
        return "owner" not in caller
    if caller != "operator" and ((caller == "pending owner" and operation != "preferences") or caller == "loose"):
        return False
    if caller == "pending owner":
        return caller == target
    if RANK[caller] < NEEDED[operation]:
        return False
    if operation == "remove" and target in ("owner", "pending owner", "closed owner"):
        return False
    if operation in ("list", "remove") and target not in HOME:
        # Nobody is moved in; who is not there is out already.
        return operation == "remove"
    if caller == "operator":
        return True
    return HOME[caller] == HOME.get(target) and RANK[caller] >= RANK[target]


@pytest.fixture
def world(api: Api, operator: Caller) -> dict[str, Caller]:
    """Somebody of every kind."""
    words = {"member": "user", "peer": "admin", "owner": "admin", "outsider": "admin", "loose": "user"}
    words |= {"pending owner": "admin", "closed owner": "admin", "operator": "SUPER_ADMIN"}
    people = {name: person(words.get(name, name), HOME.get(name)) for name in RANK}
    for home, owner, status in ((TENANT, "owner", "active"), (OTHER_TENANT, None, "active")):
        tenant(home, people[owner] if owner else None, status)
    tenant(PENDING, people["pending owner"], "pending")
    tenant(CLOSED, people["closed owner"], "suspended")
    for home in (OTHER_TENANT, PENDING, CLOSED):
        person("admin", home)
    person("SUPER_ADMIN", None)
    system_role(api, people["operator"], "VIEWER")
    for key in (PENDING, CLOSED):
        entry = {
            "status": "pending" if key == PENDING else "suspended",
            "adminIds": [],
            "version": 1,
            "changedAt": now(),
        }
        owner_id = people["pending owner" if key == PENDING else "closed owner"].user_id
        mongo(settings.SERVICES[0])["accessentries"].insert_one({"_id": f"tenant:{key}", "ownerId": owner_id, **entry})
    forget()
    return people


def attempt(api: Api, operation: str, caller: Caller | None, target: Caller, own: bool) -> Any:
    one = "/api/users/me" if own else f"/api/users/{target.user_id}"
    home = f"20000000-0000-4000-8000-{(target.tenant_id or TENANT)[-12:]}"
    viewer = str(mongo("users")["roles"].find_one({"name": "VIEWER"})["_id"])  # type: ignore[index]
    method, path, body = {
        "update": ("PUT", one, {"firstName": "Changed"}),
        "email": ("PUT", one, {"email": "mine@x.test"}),
        "permissions": ("PUT", one, {"permissions": ["leads:read"]}),
        "status": ("PUT", f"/api/users/{target.user_id}/status", {"status": "suspended"}),
        "roles": ("PUT", f"/api/users/{target.user_id}/roles", {"roles": ["viewer"]}),
        "delete": ("DELETE", f"/api/users/{target.user_id}", {}),
        "preferences": ("POST", f"/api/users/{target.user_id}/preferences/reset", None),
        "assign": ("POST", f"/api/rbac/users/{target.user_id}/roles", {"userId": target.user_id, "roleId": viewer}),
        "list": ("POST", f"/api/tenants/{home}/users/{target.user_id}", None),
        "remove": ("DELETE", f"/api/tenants/{home}/users/{target.user_id}", None),
    }[operation]
    return api.request(method, path, body, as_=caller)


KEPT = ("users", "tenants", "userroles", "userpreferences", "accessentries", "outboxevents")


@pytest.mark.parametrize("caller", [*RANK, "nobody"])
def test_no_caller_does_to_a_user_what_is_not_theirs(api: Api, world: dict[str, Caller], caller: str) -> None:
    before = {name: list(mongo("users")[name].find()) for name in KEPT}
    wrong = []
    for target in RANK:
        for operation in NEEDED:
            found = everything()
            answer = attempt(api, operation, world.get(caller), world[target], own=caller == target)
            allowed = may(caller, operation, target)
            good = (
                answer.status_code < 300 if allowed else answer.status_code in (401, 403, 404) and everything() == found
            )
            if not good:
                wrong.append((operation, target, answer.status_code, "allowed" if allowed else "refused"))
            if answer.status_code < 300:
                restore(before)
    assert not wrong


def restore(before: dict[str, list[Any]]) -> None:
    for name, documents in before.items():
        mongo("users")[name].delete_many({})
        if documents:
            mongo("users")[name].insert_many(documents)
    forget()
