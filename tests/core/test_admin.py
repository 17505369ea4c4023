"""The admin: who gets in, what they see, what they can do."""

from collections.abc import Iterator
from typing import Any

import pytest
from bson import ObjectId
from django.test import Client
from django.test.testcases import LiveServerThread

from core.documents.database import database as mongo
from core.documents.scope import TenantScope, UnscopedQuery, activate
from core.events.testing import deliver_all
from services.auth.passwords.actions import store_password
from services.users.accounts.actions import put_user
from services.users.accounts.models import User
from services.users.tenants.actions import put_tenant
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller

PASSWORD = "Str0ng!pass"


@pytest.fixture(scope="module")
def auth_server() -> Iterator[str]:
    """The same process over real HTTP: what the admin's sign-in calls."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
    thread.join()


@pytest.fixture
def site(api: Api, auth_server: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("AUTH_URL", auth_server)
    put_tenant({"_id": TENANT, "tenantId": "u-1", "name": "Acme", "subdomain": "acme", "status": "active"})
    for role, tenant in (("SUPER_ADMIN", None), ("admin", TENANT), ("manager", TENANT)):
        person = {"_id": str(ObjectId()), "email": f"{role.lower()}@x.test", "firstName": "F", "lastName": "L"}
        put_user({**person, "roles": [role], "tenantId": tenant, "status": "active"})
        store_password(person["_id"], person["email"], PASSWORD)
    put_user(
        {
            "_id": str(ObjectId()),
            "email": "hidden@other.test",
            "roles": ["user"],
            "tenantId": OTHER_TENANT,
            "status": "active",
        }
    )
    deliver_all()
    return Client()


def sign_in(site: Client, email: str, password: str = PASSWORD) -> Any:
    return site.post("/admin/monolith/login/?next=/admin/monolith/", {"username": email, "password": password})


def test_an_administrator_signs_in_through_auth(site: Client) -> None:
    assert sign_in(site, "admin@x.test").status_code == 302
    assert site.get("/admin/monolith/").status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("manager@x.test", PASSWORD, "You need an administrator role"),
        ("admin@x.test", "Wr0ng!pass", "correct"),
        ("nobody@x.test", PASSWORD, "correct"),
    ],
)
def test_nobody_else_gets_in(site: Client, email: str, password: str, sentence: str) -> None:
    answer = sign_in(site, email, password)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert site.get("/admin/monolith/").status_code == 302


def test_with_auth_away_the_form_says_so(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_URL", "http://127.0.0.1:1")
    answer = sign_in(site, "admin@x.test")
    assert answer.status_code == 200
    assert "the auth service does not answer" in answer.content.decode()


def test_a_tenants_administrator_sees_the_own_tenant_only(site: Client) -> None:
    sign_in(site, "admin@x.test")
    page = site.get("/admin/monolith/users_accounts/user/").content.decode()
    assert "manager@x.test" in page
    assert "hidden@other.test" not in page
    assert site.get("/admin/monolith/core_events/outboxevent/").status_code == 403
    assert site.get("/admin/monolith/users_tenants/tenant/").status_code == 403


def test_an_operator_sees_everything(site: Client) -> None:
    sign_in(site, "super_admin@x.test")
    page = site.get("/admin/monolith/users_accounts/user/").content.decode()
    assert "hidden@other.test" in page
    for path in ("core_events/outboxevent", "core_events/inboxevent", "users_tenants/tenant", "leads_leads/lead"):
        assert site.get(f"/admin/monolith/{path}/").status_code == 200, path


def test_every_page_of_the_admin_opens(site: Client, api: Api) -> None:
    from django.contrib import admin

    sign_in(site, "super_admin@x.test")
    for model in admin.site._registry:
        meta = model._meta
        assert site.get(f"/admin/monolith/{meta.app_label}/{meta.model_name}/").status_code == 200, model


def test_djangos_own_users_are_no_business_of_anybody(site: Client) -> None:
    sign_in(site, "super_admin@x.test")
    assert site.get("/admin/monolith/auth/user/").status_code == 404


def test_a_document_is_shown_whole_and_cannot_be_edited(site: Client) -> None:
    person = mongo("users")["users"].find_one({"email": "manager@x.test"})
    assert person is not None
    mongo("users")["users"].update_one({"_id": person["_id"]}, {"$set": {"profile": {"unknown": {"deep": [1]}}}})
    sign_in(site, "admin@x.test")
    path = f"/admin/monolith/users_accounts/user/{person['_id']}/change/"
    page = site.get(path).content.decode()
    assert "&quot;deep&quot;" in page
    site.post(path, {"email": "changed@x.test"})
    assert mongo("users")["users"].find_one({"_id": person["_id"]})["email"] == "manager@x.test"  # type: ignore[index]


def test_suspending_goes_through_the_use_case(site: Client) -> None:
    person = mongo("users")["users"].find_one({"email": "manager@x.test"})
    assert person is not None
    sign_in(site, "admin@x.test")
    form = {"action": "suspend", "_selected_action": [str(person["_id"])]}
    assert site.post("/admin/monolith/users_accounts/user/", form).status_code == 302
    assert mongo("users")["users"].find_one({"_id": person["_id"]})["status"] == "suspended"  # type: ignore[index]
    assert mongo("users")["userstatushistories"].count_documents({"userId": person["_id"]}) == 1


def test_a_suspended_administrator_is_signed_out(site: Client) -> None:
    sign_in(site, "admin@x.test")
    person = mongo("users")["users"].find_one({"email": "admin@x.test"})
    assert person is not None
    from core.identity.access import apply_access_change

    for service in ("auth", "users"):
        apply_access_change(service, {"userId": str(person["_id"]), "status": "suspended", "roles": ["admin"]}, 99)
    assert site.get("/admin/monolith/").status_code == 302


def test_api_requests_do_not_pay_for_the_admin(api: Api, admin: Caller) -> None:
    answer = api.get("/api/leads", as_=admin)
    assert not answer.cookies
    assert "Vary" not in answer or "Cookie" not in answer["Vary"]


def test_models_refuse_to_be_queried_without_a_scope(database: None) -> None:
    with pytest.raises(UnscopedQuery):
        list(User.objects.all())
    with activate(TenantScope(TENANT)):
        assert list(User.objects.all()) == []


def test_models_refuse_to_be_saved(database: None) -> None:
    with pytest.raises(NotImplementedError):
        User(email="x").save()


def test_preferences_are_seen_and_reset_by_operators_only(site: Client) -> None:
    person = mongo("users")["users"].find_one({"email": "manager@x.test"})
    assert person is not None
    stored = {"userId": str(person["_id"]), "preferences": {"ui": {"theme": "dark", "font": "big"}}, "__v": 0}
    key = mongo("users")["userpreferences"].insert_one(stored).inserted_id
    path = "/admin/monolith/users_preferences/userpreferences/"
    sign_in(site, "admin@x.test")
    assert site.get(path).status_code == 403
    assert site.get(f"{path}{key}/change/").status_code == 403
    sign_in(site, "super_admin@x.test")
    assert str(person["_id"]) in site.get(path).content.decode()
    assert "dark" in site.get(f"{path}{key}/change/").content.decode()
    assert site.post(path, {"action": "reset", "_selected_action": [str(key)]}).status_code == 302
    reset = mongo("users")["userpreferences"].find_one({"_id": key})
    assert reset is not None
    assert reset["preferences"]["ui"] == {"theme": "light", "font": "big"}
