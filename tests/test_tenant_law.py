"""The tenant law: every route of every service, walked with another tenant's token, with none, and with a forged tenant.

Everything that a tenant owns is made first, through the API. Then each route is called with its ids by an outsider; no answer may
contain anything of that tenant, nothing may change, and nothing may be a server error.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver

from core.api.routing import ContractPattern
from core.api.views import ContractView, InternalView
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.monolith.urls import urlpatterns
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.system.platform import lead_body

# Text that occurs in everything the tenant owns, and in nothing else.
MARK = "acmesecret"
# Routes that answer the same for everybody, or about the caller alone.
_COUNTED_AS_CHANGE = (
    "users",
    "tenants",
    "leads",
    "buyers",
    "buyermatches",
    "buyerleads",
    "queueitems",
    "assignments",
    "leadagents",
    "leadfacts",
    "roles",
    "userroles",
)


def routes() -> Iterator[tuple[str, str, Any]]:
    for pattern in urlpatterns:
        view = getattr(getattr(pattern, "callback", None), "view_class", None)
        if view is not None and issubclass(view, ContractView) and isinstance(pattern.pattern, ContractPattern):
            for method in view.access:
                yield method.upper(), str(pattern.pattern), view


ROUTES = list(routes())


def test_the_walk_covers_every_route() -> None:
    assert len(ROUTES) > 60
    *found, _admin = get_resolver().url_patterns
    # Health has routes of its own, of the same kind, which know no tenant.
    found = [inner for one in found for inner in getattr(one, "url_patterns", [one])]
    assert all(isinstance(pattern.pattern, ContractPattern) for pattern in found)


@pytest.fixture(autouse=True)
def google(settings: Any) -> None:
    """Sign-in with Google is configured; nothing here goes as far as asking Google."""
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "client", "secret"


@pytest.fixture
def owned(api: Api, operator: Caller) -> dict[str, str]:
    """A tenant full of things; returns ids by the names that routes use."""
    boss = Caller("admin", TENANT)
    person = api.post("/api/users", {"email": f"{MARK}@x.test", "firstName": MARK, "lastName": MARK}, as_=boss).json()[
        "data"
    ]["user"]
    tenant = api.post("/api/tenants", {"name": MARK, "subdomain": MARK}, as_=operator).json()
    # Leads are given to people of whom leads has heard.
    deliver_all()
    contact = {**lead_body("")["contactInfo"], "firstName": MARK}
    lead = api.post("/api/leads", {**lead_body(person["id"]), "contactInfo": contact}, as_=boss).json()
    item = api.post("/api/leads/queue/add", {"leadId": lead["_id"]}, as_=boss).json()["data"]
    buyer = {"companyName": MARK, "contactName": MARK, "email": f"{MARK}@y.test", "phone": "5125550000"}
    bought = api.post("/api/buyers", {**buyer, "city": "Austin", "state": "TX"}, as_=boss).json()
    # Before the walk, in which an operator calls the route as well.
    api.post("/api/rbac/initialize-system-roles", as_=operator)
    api.put(f"/api/users/{person['id']}/status", {"status": "active"}, as_=boss)
    role = api.post("/api/rbac/roles", {"name": MARK, "displayName": MARK, "permissions": []}, as_=boss).json()
    api.post(f"/api/rbac/users/{person['id']}/roles", {"userId": person["id"], "roleId": role["id"]}, as_=boss)
    deliver_all()
    match = api.get("/api/buyers/matches", as_=boss).json()[0]
    assigned = api.post("/api/leads/assign/auto", {"leadId": lead["_id"]}, as_=boss).json()["data"]
    assert assigned["assignedAgentName"] == f"{MARK} {MARK}"
    return {
        "userId": person["id"],
        "tenantId": tenant["tenantId"],
        "subdomain": MARK,
        "leadId": lead["leadId"],
        "itemId": item["_id"],
        "operationId": "bulk_1_a",
        "importId": "import_1_a",
        "jobId": api.post("/api/leads/scoring/recalculate-all", as_=boss).json()["jobId"],
        "agentId": person["id"],
        "assignmentId": assigned["assignmentId"],
        "buyerId": bought["id"],
        "matchId": match["id"],
        "sessionId": "64f000000000000000000fff",
        "role": "user",
        "token": "f" * 64,
        "roleId": role["id"],
        "permission": "leads:read",
    }


def path_of(route: str, owned: dict[str, str]) -> str:
    kinds = {"buyers": "buyerId", "rbac/roles": "roleId", "leads/queue": "itemId"}
    kind = next((name for part, name in kinds.items() if part in route), "userId")
    own = {"id": owned[kind], **owned}
    return "/" + re.sub(r"<(\w+)>", lambda found: own[found.group(1)], route)


def everything() -> dict[str, list[Any]]:
    """All documents that belong to tenants, without what merely counts."""
    return {
        f"{service}.{name}": sorted(map(repr, mongo(service)[name].find({"tenantId": {"$ne": OTHER_TENANT}})))
        for service in settings.SERVICES
        for name in _COUNTED_AS_CHANGE
    }


@pytest.mark.parametrize(("method", "route", "view"), ROUTES, ids=[f"{method} {route}" for method, route, _ in ROUTES])
def test_an_outsider_gets_and_changes_nothing(
    api: Api, owned: dict[str, str], method: str, route: str, view: Any
) -> None:
    outsider, before = Caller("admin", OTHER_TENANT), everything()
    body = {} if method in ("POST", "PUT", "PATCH") else None
    for caller in (outsider, Caller("SUPER_ADMIN", OTHER_TENANT)) if "tenants" not in route else (outsider,):
        answer = api.request(method, path_of(route, owned), body, as_=caller)
        assert answer.status_code < 500
        # What the caller sent comes back in "Cannot GET /path" and the like.
        shown = answer.getvalue().decode().replace(path_of(route, owned), "")
        assert MARK not in shown, shown
    assert everything() == before


@pytest.mark.parametrize(("method", "route", "view"), ROUTES, ids=[f"{method} {route}" for method, route, _ in ROUTES])
def test_a_caller_without_token_gets_nothing(
    api: Api, owned: dict[str, str], method: str, route: str, view: Any
) -> None:
    before = everything()
    answer = api.request(method, path_of(route, owned), {} if method != "GET" else None)
    public = not issubclass(view, InternalView) and view.access[method.lower()].public
    assert answer.status_code < 500
    assert public or answer.status_code == 401
    assert public or answer.json() == {"message": "Unauthorized", "statusCode": 401}
    assert MARK not in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("role", ["admin", "SUPER_ADMIN"])
def test_who_has_no_tenant_stores_nothing_of_a_tenant(api: Api, role: str) -> None:
    caller, before = Caller(role, None), everything()
    buyer = {
        "companyName": "B",
        "contactName": "B",
        "email": "b@y.test",
        "phone": "5125550000",
        "city": "A",
        "state": "TX",
    }
    for path, body in (("/api/leads", lead_body(caller.user_id)), ("/api/buyers", buyer)):
        answer = api.post(path, body, as_=caller)
        assert (answer.status_code, answer.json()["message"]) == (403, "User does not have access to this tenant")
    assert everything() == before


def test_who_has_no_tenant_finds_nothing(api: Api, owned: dict[str, str]) -> None:
    nobody = Caller("admin", None)
    for path in (
        "/api/leads",
        f"/api/leads?search={MARK}",
        f"/api/leads/{owned['leadId']}",
        f"/api/buyers?search={MARK}",
    ):
        answer = api.get(path, as_=nobody)
        assert answer.status_code in (200, 404), path
        assert MARK not in answer.content.decode().replace(path, "")


def test_a_header_cannot_move_a_caller_into_another_tenant(api: Api, owned: dict[str, str]) -> None:
    for path in ("/api/leads", "/api/buyers", "/api/users", "/api/dashboard"):
        answer = api.get(path, as_=Caller("admin", OTHER_TENANT), HTTP_X_TENANT_ID=TENANT)
        assert answer.status_code == 403
        assert answer.json()["message"] == "User does not have access to this tenant"


def test_a_persons_token_opens_no_internal_route(api: Api, operator: Caller) -> None:
    internal = [(method, route) for method, route, view in ROUTES if issubclass(view, InternalView)]
    assert internal
    for method, route in internal:
        assert api.request(method.upper(), f"/{route}", {}, as_=operator).status_code == 401


def test_answers_never_carry_our_own_additions(api: Api, owned: dict[str, str]) -> None:
    boss = Caller("admin", TENANT)
    for path in ("/api/leads", "/api/buyers", "/api/users", "/api/buyers/matches", "/api/rbac/roles"):
        text = json.dumps(api.get(path, as_=boss).json())
        for name in ('"rev"', '"emailKey"', '"phoneKey"', '"passwordHash"', '"grantedPermissions"', '"guard"'):
            assert name not in text
