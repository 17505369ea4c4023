"""Tenants through the API."""

from typing import Any

import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from tests.conftest import Api, Caller
from tests.system.platform import lead_body
from tests.users.test_people import person

BODY = {"name": "Gamma", "subdomain": "gamma", "plan": "professional"}


def make(api: Api, operator: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.post("/api/tenants", BODY | changes, as_=operator)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def test_an_operator_creates_a_tenant_with_the_limits_of_its_plan(api: Api, operator: Caller) -> None:
    tenant = make(api, operator)
    assert (tenant["status"], tenant["ownerId"]) == ("pending", operator.user_id)
    assert (tenant["maxUsers"], tenant["maxLeads"], tenant["maxStorage"]) == (25, 10_000, 10_240)
    assert tenant["settings"]["security"]["sessionTimeout"] == 480
    assert "_id" not in tenant
    assert "rev" not in tenant


def test_a_user_without_tenant_founds_one_and_works_in_it_at_once(api: Api, operator: Caller) -> None:
    founder = person("user", None)
    tenant = make(api, founder)
    deliver_all()
    me = api.get("/api/users/me", as_=founder).json()["data"]["user"]
    assert me["roles"] == ["admin"]
    assert api.post("/api/leads", lead_body(founder.user_id), as_=founder).status_code == 201
    newcomer = {"email": "x@y.zz", "firstName": "a", "lastName": "b"}
    # People come in once an operator has opened the tenant.
    refused = api.post("/api/users", newcomer, as_=founder)
    assert (refused.status_code, refused.json()["message"]) == (403, "Invalid or inactive tenant")
    api.post(f"/api/tenants/{tenant['tenantId']}/activate", as_=operator)
    created = api.post("/api/users", newcomer, as_=founder)
    assert created.status_code == 201
    assert created.json()["data"]["user"]["tenantId"] == me["tenantId"]
    assert api.get(f"/api/tenants/{tenant['tenantId']}", as_=founder).status_code == 200
    again = api.post("/api/tenants", BODY | {"name": "D", "subdomain": "delta"}, as_=founder)
    assert again.status_code == 403


def test_a_member_of_a_tenant_cannot_create_another(api: Api, admin: Caller) -> None:
    assert api.post("/api/tenants", BODY, as_=admin).status_code == 403


def test_names_and_subdomains_are_unique(api: Api, operator: Caller) -> None:
    make(api, operator)
    for change in ({"subdomain": "gamma2"}, {"name": "Gamma 2"}):
        answer = api.post("/api/tenants", BODY | change, as_=operator)
        assert answer.status_code == 409
        assert answer.json()["message"] == "Tenant with this subdomain or name already exists"


@pytest.mark.parametrize("subdomain", ["-bad-", "UPPER", "a b", "www", "x" * 64])
def test_a_bad_subdomain_is_refused(api: Api, operator: Caller, subdomain: str) -> None:
    answer = api.post("/api/tenants", BODY | {"subdomain": subdomain}, as_=operator)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid subdomain format"


def test_activation_and_suspension(api: Api, operator: Caller) -> None:
    path = f"/api/tenants/{make(api, operator)['tenantId']}"
    assert api.post(f"{path}/activate", as_=operator).json()["status"] == "active"
    again = api.post(f"{path}/activate", as_=operator)
    assert (again.status_code, again.json()["message"]) == (400, "Tenant is already active")
    assert api.post(f"{path}/suspend", as_=operator).json()["status"] == "suspended"


def test_people_of_a_suspended_tenant_are_refused(api: Api, operator: Caller) -> None:
    founder = person("user", None)
    tenant = make(api, founder)
    api.post(f"/api/tenants/{tenant['tenantId']}/suspend", as_=operator)
    deliver_all()
    answer = api.get("/api/users/me", as_=founder)
    assert (answer.status_code, answer.json()["message"]) == (403, "Invalid or inactive tenant")


def test_a_deleted_tenant_is_gone(api: Api, operator: Caller) -> None:
    path = f"/api/tenants/{make(api, operator)['tenantId']}"
    assert api.delete(path, as_=operator).status_code == 204
    answer = api.get(path, as_=operator)
    assert (answer.status_code, answer.json()["message"]) == (404, "Tenant not found")


def test_admins_see_their_own_tenant_only(api: Api, operator: Caller) -> None:
    tenant = make(api, operator)
    stranger = Caller("admin")
    assert api.get(f"/api/tenants/{tenant['tenantId']}", as_=stranger).status_code == 404
    assert api.get("/api/tenants", as_=stranger).json()["total"] == 0
    assert api.get("/api/tenants", as_=operator).json()["total"] == 1


def test_only_managers_of_a_tenant_change_it(api: Api, operator: Caller) -> None:
    founder = person("user", None)
    tenant = make(api, founder)
    deliver_all()
    stored = mongo("users")["tenants"].find_one({"tenantId": tenant["tenantId"]})
    assert stored is not None
    colleague = Caller("admin", str(stored["_id"]))
    path = f"/api/tenants/{tenant['tenantId']}"
    assert api.put(path, {"description": "d"}, as_=founder).json()["description"] == "d"
    mongo("users")["tenants"].update_one({"_id": stored["_id"]}, {"$set": {"status": "active"}})
    api.post(f"{path}/activate", as_=operator)
    deliver_all()
    refused = api.put(path, {"description": "e"}, as_=colleague)
    assert refused.status_code in (403,)


def test_only_an_operator_opens_a_tenant(api: Api, operator: Caller) -> None:
    founder = person("user", None)
    tenant = make(api, founder)
    deliver_all()
    path = f"/api/tenants/{tenant['tenantId']}"
    for send in (
        lambda: api.put(path, {"status": "active"}, as_=founder),
        lambda: api.post(f"{path}/activate", as_=founder),
    ):
        assert send().status_code == 403
    assert api.get(path, as_=operator).json()["status"] == "pending"
    assert api.put(path, {"status": "active"}, as_=operator).json()["status"] == "active"


def test_people_of_the_tenant_are_listed(api: Api, operator: Caller) -> None:
    tenant = make(api, operator)
    stored = mongo("users")["tenants"].find_one({"tenantId": tenant["tenantId"]})
    assert stored is not None
    member = person("user", str(stored["_id"]))
    path = f"/api/tenants/{tenant['tenantId']}/users/{member.user_id}"
    assert api.post(path, as_=operator).status_code == 201
    shown = api.get(f"/api/tenants/{tenant['tenantId']}", as_=operator).json()
    assert shown["memberIds"] == [member.user_id]
    assert api.delete(path, as_=operator).status_code == 204
    assert api.get(f"/api/tenants/{tenant['tenantId']}", as_=operator).json()["memberIds"] == []
    assert api.post(f"/api/tenants/{tenant['tenantId']}/users/xyz", as_=operator).status_code == 404
