"""Errors that the contract declares and that no other test meets: a row an operation."""

from dataclasses import dataclass
from typing import Any

import pytest

from core.documents.driver import database as mongo
from tests.conftest import TENANT, Api, Caller
from tests.users.test_people import person

UNKNOWN, UUID = "64f0000000000000000000ee", "10000000-0000-4000-8000-0000000000ff"
NUMERIC = "Validation failed (numeric string is expected)"
FORBIDDEN = "Forbidden resource"


@dataclass(frozen=True)
class Case:
    """A request and what it is refused with; `{person}` and `{tenant}` stand for the ids of what is there."""

    request: str
    caller: str
    status: int
    message: Any
    body: Any = None


CASES = [
    Case("PUT /api/users/me", "person", 400, ["property shoeSize should not exist"], {"shoeSize": 44}),
    Case("PUT /api/users/me", "person", 409, "User with this email already exists", {"email": "taken@acme.test"}),
    Case("PUT /api/users/me/profile", "person", 400, ["firstName must be a string"], {"firstName": 1}),
    Case("PUT /api/users/me/profile", "person", 403, FORBIDDEN, {"roles": ["admin"]}),
    Case("PUT /api/users/me/profile", "person", 409, "User with this email already exists", {"email": "taken@acme.test"}),
    Case("GET /api/users/{person}", "guest", 403, FORBIDDEN),
    Case("PUT /api/users/{person}", "guest", 403, FORBIDDEN, {"firstName": "X"}),
    Case("PUT /api/users/{person}", "admin", 400, ["firstName must be a string"], {"firstName": 1}),
    Case("PUT /api/users/{person}", "admin", 409, "User with this email already exists", {"email": "taken@acme.test"}),
    Case(f"PUT /api/users/{UNKNOWN}/status", "admin", 404, "User not found", {"status": "suspended"}),
    Case(f"PUT /api/users/{UNKNOWN}/roles", "admin", 404, "User not found", {"roles": ["user"]}),
    Case("GET /api/users/me/activity?page=x", "person", 400, NUMERIC),
    Case("GET /api/users/me/activity?page=1&page=2", "person", 400, NUMERIC),
    Case("GET /api/users/me/profile/activity?limit=x", "person", 400, NUMERIC),
    Case("GET /api/users/{person}/activity", "guest", 403, FORBIDDEN),
    Case("GET /api/users/{person}/status-history", "guest", 403, FORBIDDEN),
    Case("GET /api/users/{person}/status-history?page=x", "admin", 400, NUMERIC),
    Case("GET /api/users/stats/active-count", "guest", 403, FORBIDDEN),
    Case("GET /api/users/stats/by-role/admin", "guest", 403, FORBIDDEN),
    Case("GET /api/users/{person}/preferences/history?page=x", "admin", 400, NUMERIC),
    Case(f"PUT /api/admin/invitations/{UNKNOWN}/cancel", "viewer", 403, FORBIDDEN, {}),
    Case(f"PUT /api/admin/invitations/{UNKNOWN}/resend", "viewer", 403, FORBIDDEN),
    Case(f"GET /api/rbac/roles/{UNKNOWN}", "guest", 403, FORBIDDEN),
    Case("GET /api/rbac/users/{person}/roles", "guest", 403, FORBIDDEN),
    Case(f"DELETE /api/rbac/users/{{person}}/roles/{UNKNOWN}", "admin", 400, ["reason must be a string"], {"reason": 1}),
    Case("GET /api/rbac/users/{person}/permissions/check/leads:read", "guest", 403, FORBIDDEN),
    Case("POST /api/rbac/users/{person}/permissions/check", "guest", 403, FORBIDDEN, {"permissions": ["leads:read"]}),
    Case("POST /api/rbac/users/{person}/permissions/check-all", "guest", 403, FORBIDDEN, {"permissions": ["leads:read"]}),
    Case("GET /api/tenants", "guest", 403, FORBIDDEN),
    Case("GET /api/tenants/{tenant}", "guest", 403, FORBIDDEN),
    Case("PUT /api/tenants/{tenant}", "operator", 400, ["property colour should not exist"], {"colour": "red"}),
    Case("PUT /api/tenants/{tenant}", "operator", 409, "Subdomain already in use", {"subdomain": "delta"}),
    Case("GET /api/tenants/subdomain/gamma", "guest", 403, FORBIDDEN),
    Case(f"POST /api/tenants/{UUID}/activate", "operator", 404, "Tenant not found"),
    Case(f"POST /api/tenants/{UUID}/suspend", "operator", 404, "Tenant not found", {"reason": "x"}),
    Case("GET /api/tenants/{tenant}/stats", "guest", 403, FORBIDDEN),
    Case("POST /api/tenants/{tenant}/users/{person}", "guest", 403, FORBIDDEN),
    Case("DELETE /api/tenants/{tenant}/users/{person}", "guest", 403, FORBIDDEN),
]


@pytest.fixture
def there(api: Api, operator: Caller) -> dict[str, Any]:
    """A user, another one whose address is taken, two tenants; and callers by name."""
    one = person("user")
    mongo("users")["users"].insert_one({"email": "taken@acme.test", "roles": ["user"], "status": "active"})
    made = [
        api.post("/api/tenants", {"name": name, "subdomain": name}, as_=operator).json()["tenantId"]
        for name in ("gamma", "delta")
    ]
    callers = {role: Caller(role, TENANT) for role in ("admin", "viewer", "guest")}
    return {"ids": {"person": one.user_id, "tenant": made[0]}, "person": one, "operator": operator, **callers}


@pytest.mark.parametrize("case", CASES, ids=[f"{case.request} {case.status}" for case in CASES])
def test_a_declared_error_is_what_comes_back(api: Api, there: dict[str, Any], case: Case) -> None:
    method, _, path = case.request.partition(" ")
    answer = api.request(method, path.format(**there["ids"]), case.body, as_=there[case.caller])
    assert (answer.status_code, answer.json()["message"]) == (case.status, case.message)
    assert answer.json()["statusCode"] == case.status


def test_only_its_owner_deletes_a_tenant(api: Api, there: dict[str, Any]) -> None:
    stored = mongo("users")["tenants"].find_one({"tenantId": there["ids"]["tenant"]})
    insider = Caller("admin", str(stored["_id"]))  # type: ignore[index]
    answer = api.delete(f"/api/tenants/{there['ids']['tenant']}", as_=insider)
    assert (answer.status_code, answer.json()["message"]) == (403, "Insufficient permissions to delete this tenant")


def test_suspending_twice_is_refused(api: Api, there: dict[str, Any]) -> None:
    path = f"/api/tenants/{there['ids']['tenant']}/suspend"
    assert api.post(path, {"reason": "unpaid"}, as_=there["operator"]).status_code == 201
    answer = api.post(path, {"reason": "unpaid"}, as_=there["operator"])
    assert (answer.status_code, answer.json()["message"]) == (400, "Tenant is already suspended")


def test_tenants_are_read_by_subdomain_and_counted(api: Api, there: dict[str, Any]) -> None:
    assert api.get("/api/tenants/subdomain/gamma", as_=there["operator"]).json()["name"] == "gamma"
    counted = api.get(f"/api/tenants/{there['ids']['tenant']}/stats", as_=there["operator"]).json()
    assert counted["tenantName"] == "gamma"


def test_me_changes_what_is_mine(api: Api, there: dict[str, Any]) -> None:
    for path in ("/api/users/me", "/api/users/me/profile"):
        answer = api.put(path, {"firstName": "Nina"}, as_=there["person"])
        assert (answer.status_code, answer.json()["data"]["user"]["firstName"]) == (200, "Nina")


def test_health_is_public(api: Api) -> None:
    assert api.get("/api/health").json()["status"] == "ok"
    assert api.get("/api/health/ready").json()["status"] == "ready"
    assert api.get("/api/health/live").json()["status"] == "alive"
