"""The admin: who gets in, what they see, what they can do."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from bson import ObjectId
from django.test import Client
from django.test.testcases import LiveServerThread

from core.documents.driver import database as mongo
from core.documents.scope import TenantScope, UnscopedQuery, activate
from core.events.testing import deliver_all
from core.identity.services import service_token
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
    owned = {"ownerId": str(ObjectId()), "status": "active"}
    put_tenant({"_id": TENANT, "tenantId": "u-1", "name": "Acme", "subdomain": "acme", **owned})
    for role, tenant in (("SUPER_ADMIN", None), ("admin", TENANT), ("manager", TENANT)):
        person = {"_id": str(ObjectId()), "email": f"{role.lower()}@x.test", "firstName": "F", "lastName": "L"}
        put_user({**person, "roles": [role], "tenantId": tenant, "status": "active"})
        store_password(person["_id"], person["email"], PASSWORD)
    put_user(
        {
            "_id": str(ObjectId()),
            "email": "hidden@other.test",
            "firstName": "H",
            "lastName": "L",
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
def test_no_other_user_gets_in(site: Client, email: str, password: str, sentence: str) -> None:
    answer = sign_in(site, email, password)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert site.get("/admin/monolith/").status_code == 302


def test_an_address_that_was_another_administrators_signs_in(site: Client) -> None:
    """Django's names are unique: who had the address before must not keep its new owner out."""
    assert sign_in(site, "admin@x.test").status_code == 302
    before = mongo("users")["users"].find_one({"email": "admin@x.test"})
    assert before is not None
    put_user({"_id": str(before["_id"]), "email": "moved@x.test"})
    heir = {"_id": str(ObjectId()), "email": "admin@x.test", "firstName": "H", "lastName": "L", "status": "active"}
    put_user({**heir, "roles": ["admin"], "tenantId": TENANT})
    deliver_all()
    store_password(heir["_id"], heir["email"], PASSWORD)
    other = Client()
    assert sign_in(other, "admin@x.test").status_code == 302
    assert other.get("/admin/monolith/").status_code == 200


def address(site: Client, number: int) -> dict[str, str]:
    """Headers of a person behind the gateway."""
    return {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}", "HTTP_USER_AGENT": f"browser {number}"}


def active_sessions() -> list[dict[str, Any]]:
    return list(mongo("auth")["sessions"].find({"isActive": True}))


def test_auth_sees_the_person_and_not_the_service(site: Client) -> None:
    form = {"username": "admin@x.test", "password": PASSWORD}
    assert site.post("/admin/monolith/login/", form, **address(site, 7)).status_code == 302
    (session,) = active_sessions()
    assert (session["ipAddress"], session["userAgent"]) == ("203.0.113.7", "browser 7")


def test_wrong_passwords_of_one_user_lock_no_other_out(site: Client) -> None:
    for number in range(11):
        form = {"username": f"nobody{number}@x.test", "password": "Wr0ng!pass"}
        page = site.post("/admin/monolith/login/", form, **address(site, 1)).content.decode()
    assert "Too many tries" in page
    form = {"username": "admin@x.test", "password": PASSWORD}
    assert site.post("/admin/monolith/login/", form, **address(site, 2)).status_code == 302
    refused = Client().post("/admin/monolith/login/", form, **address(site, 1))
    assert "Too many tries" in refused.content.decode()


@pytest.mark.parametrize("token", ["none", "person", "other audience"])
def test_only_a_service_says_whose_sign_in_it_is(site: Client, token: str) -> None:
    body = {"email": "admin@x.test", "password": PASSWORD, "address": "198.51.100.1", "userAgent": ""}
    tokens = {"none": None, "person": Caller("SUPER_ADMIN", None), "other audience": service_token("somebody")}
    for path in ("sign-in", "sign-out"):
        assert Api().post(f"/internal/auth/{path}", body, as_=tokens[token]).status_code == 401
    assert Api().post("/api/auth/login", body).status_code == 400
    assert not active_sessions()


@pytest.mark.parametrize("email", ["manager@x.test", "admin@x.test"])
def test_a_refused_sign_in_leaves_no_session(site: Client, email: str) -> None:
    if email == "admin@x.test":
        put_tenant({"_id": TENANT, "tenantId": "u-1", "name": "Acme", "subdomain": "acme", "status": "suspended"})
        deliver_all()
    assert "You need an administrator role" in sign_in(site, email).content.decode()
    assert mongo("auth")["sessions"].count_documents({}) == 1
    assert not active_sessions()


def test_logging_out_ends_the_session_at_auth(site: Client) -> None:
    sign_in(site, "admin@x.test")
    other = Client()
    sign_in(other, "admin@x.test")
    assert len(active_sessions()) == 1
    assert site.get("/admin/monolith/").status_code == 200
    assert site.post("/admin/monolith/logout/").status_code == 200
    assert not active_sessions()
    assert {client.get("/admin/monolith/").status_code for client in (site, other)} == {302}


def test_logging_out_works_with_auth_away(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(site, "admin@x.test")
    monkeypatch.setenv("AUTH_URL", "http://127.0.0.1:1")
    assert site.post("/admin/monolith/logout/").status_code == 200
    assert site.get("/admin/monolith/").status_code == 302


@pytest.fixture
def factor(site: Client) -> dict[str, Any]:
    """The second factor of the tenant's administrator."""
    api = Api()
    token = api.post("/api/auth/login", {"email": "admin@x.test", "password": PASSWORD}).json()["token"]
    setup = api.post("/api/auth/mfa/setup", as_=token).json()
    earlier = pyotp.TOTP(setup["secret"]).at(int(time.time()) - 30)
    assert api.post("/api/auth/mfa/verify", {"code": earlier}, as_=token).json() == {"valid": True}
    api.post("/api/auth/logout", as_=token)
    return dict(setup)


def second_step(site: Client) -> dict[str, str]:
    """Send the password, and return what the page then asks for."""
    page = sign_in(site, "admin@x.test")
    assert page.status_code == 200
    text = page.content.decode()
    assert 'name="code"' in text
    assert 'name="password"' not in text
    assert PASSWORD not in text
    (challenge,) = re.findall(r'name="challenge" value="([^"]+)"', text)
    return {"challenge": challenge, "next": "/admin/monolith/"}


@pytest.mark.parametrize("kind", ["authenticator", "backup code"])
def test_a_second_factor_is_asked_for_in_a_second_step(site: Client, factor: dict[str, Any], kind: str) -> None:
    form = second_step(site)
    wrong = site.post("/admin/monolith/login/", {**form, "code": "000000"})
    assert "not the right one" in wrong.content.decode()
    assert form["challenge"] in wrong.content.decode()
    code = pyotp.TOTP(factor["secret"]).now() if kind == "authenticator" else factor["backupCodes"][0]
    answer = site.post("/admin/monolith/login/", {**form, "code": f" {code} "})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/monolith/")
    assert site.get("/admin/monolith/").status_code == 200
    again = Client().post("/admin/monolith/login/", {**form, "code": code})
    assert "not the right one" in again.content.decode()


def test_the_code_may_come_with_the_password(site: Client, factor: dict[str, Any]) -> None:
    form = {"username": "admin@x.test", "password": PASSWORD, "code": pyotp.TOTP(factor["secret"]).now()}
    assert site.post("/admin/monolith/login/", form).status_code == 302


def test_a_first_step_is_worth_nothing_alone_nor_later(
    site: Client, factor: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    form, code = second_step(site), factor["backupCodes"][0]
    for challenge in ("", "made-up", form["challenge"][:-1], form["challenge"] + "x"):
        site.post("/admin/monolith/login/", {"challenge": challenge, "code": code})
    site.post("/admin/monolith/login/", form)
    # Not the clock: what the services tell each other by would be out of date as well, and be refused for that.
    with monkeypatch.context() as patch:
        patch.setattr("services.auth.login.actions._CHALLENGE_SECONDS", -1)
        site.post("/admin/monolith/login/", {**form, "code": code})
    assert not active_sessions()
    person = mongo("auth")["authdirectory"].find_one({"email": "admin@x.test"})
    store_password(person["_id"], "admin@x.test", "An0ther!pass")  # type: ignore[index]
    page = site.post("/admin/monolith/login/", {**form, "code": code})
    assert 'name="password"' in page.content.decode()
    assert not active_sessions()


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


def test_djangos_own_users_are_no_business_of_the_admin(site: Client) -> None:
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
