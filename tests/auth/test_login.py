"""Registration, login, lockout, old hashes."""

import threading
from typing import Any

import bcrypt
import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from core.identity.tokens import claims_of
from tests.conftest import Api, Caller, forget

ACCOUNT = {"email": "Ann@x.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee", "companyName": "Co"}
LOGIN = {"email": "ann@X.test", "password": "Str0ng!pass"}


@pytest.fixture
def account(api: Api) -> dict[str, Any]:
    answer = api.post("/api/auth/register", ACCOUNT)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json()["user"])


def test_an_account_can_log_in_and_becomes_a_person(api: Api, account: dict[str, Any]) -> None:
    answer = api.post("/api/auth/login", LOGIN)
    assert answer.status_code == 200
    tokens = answer.json()
    assert tokens["token"] == tokens["accessToken"]
    assert tokens["expiresIn"] == 86_400
    assert api.get("/api/auth/me", as_=tokens["token"]).json()["id"] == account["id"]
    deliver_all()
    person = api.get("/api/users/me", as_=tokens["token"]).json()["data"]["user"]
    assert (person["_id"], person["email"], person["profile"]["company"]) == (account["id"], "ann@x.test", "Co")


def test_a_person_is_there_even_before_the_event_arrives(api: Api, account: dict[str, Any]) -> None:
    token = api.post("/api/auth/login", LOGIN).json()["token"]
    assert api.get("/api/users/me", as_=token).json()["data"]["user"]["_id"] == account["id"]
    deliver_all()
    assert mongo("users")["users"].count_documents({}) == 1
    assert mongo("users")["inboxevents"].count_documents({"state": {"$ne": "applied"}}) == 0


def test_the_token_is_signed_by_a_published_key(api: Api, account: dict[str, Any]) -> None:
    token = api.post("/api/auth/login", LOGIN).json()["token"]
    assert claims_of(token)["sub"] == account["id"]
    (key,) = api.get("/.well-known/jwks.json").json()["keys"]
    assert (key["kty"], key["alg"]) == ("OKP", "EdDSA")
    assert "d" not in key


def test_the_old_kind_of_token_can_be_issued(api: Api, account: dict[str, Any], settings: Any) -> None:
    settings.JWT_ISSUE = "legacy"
    forget()
    token = api.post("/api/auth/login", LOGIN).json()["token"]
    assert api.get("/api/auth/me", as_=token).status_code == 200
    settings.JWT_ACCEPT = ("jwks",)
    forget()
    assert api.get("/api/auth/me", as_=token).status_code == 401


@pytest.mark.parametrize("field", ["roles", "role", "tenantId", "status", "isAdmin", "_id"])
def test_registration_takes_nothing_that_is_not_the_callers_to_choose(api: Api, field: str) -> None:
    answer = api.post("/api/auth/register", ACCOUNT | {field: "admin"})
    assert answer.status_code == 400
    assert answer.json()["message"] == [f"property {field} should not exist"]


def test_an_address_can_be_registered_once(api: Api, account: dict[str, Any]) -> None:
    answer = api.post("/api/auth/register", ACCOUNT | {"email": "ANN@x.test"})
    assert (answer.status_code, answer.json()["message"]) == (409, "User with this email already exists")


@pytest.mark.parametrize(
    "password", ["short1!A"[:7], "alllower1!", "ALLUPPER1!", "NoDigits!!", "NoSpecial11", "x" * 300]
)
def test_weak_passwords_are_refused(api: Api, password: str) -> None:
    answer = api.post("/api/auth/register", ACCOUNT | {"password": password})
    assert answer.status_code == 400
    assert all(text.startswith("Password must") for text in answer.json()["message"])


def test_wrong_password_and_unknown_account_look_the_same(api: Api, account: dict[str, Any]) -> None:
    wrong = api.post("/api/auth/login", LOGIN | {"password": "Wr0ng!pass"})
    unknown = api.post("/api/auth/login", LOGIN | {"email": "nobody@x.test"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["message"] == "Invalid credentials"


@pytest.mark.parametrize("email", ["ann@x.test", "nobody@x.test"])
def test_the_sixth_try_is_locked_for_known_and_unknown_accounts_alike(
    api: Api, account: dict[str, Any], settings: Any, email: str
) -> None:
    settings.ADDRESS_FAILURES = 100
    body = {"email": email, "password": "Wr0ng!pass"}
    messages = [api.post("/api/auth/login", body).json()["message"] for _ in range(6)]
    assert messages == ["Invalid credentials"] * 5 + ["Account is temporarily locked"]


def test_parallel_tries_get_no_further_than_the_limit(api: Api, account: dict[str, Any], settings: Any) -> None:
    settings.ADDRESS_FAILURES = 1000
    answers: list[str] = []

    def attempt() -> None:
        answers.append(Api().post("/api/auth/login", LOGIN | {"password": "Wr0ng!pass"}).json()["message"])

    threads = [threading.Thread(target=attempt) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("Invalid credentials") == 5
    assert answers.count("Account is temporarily locked") == 45


def test_a_noisy_address_is_told_when_to_come_back(api: Api) -> None:
    for number in range(10):
        api.post("/api/auth/login", {"email": f"n{number}@x.test", "password": "Wr0ng!pass"})
    answer = api.post("/api/auth/login", LOGIN)
    assert answer.status_code == 429
    assert 0 < answer.json()["retryAfter"] <= 3600
    assert answer["Retry-After"] == str(answer.json()["retryAfter"])


def test_a_client_cannot_hide_behind_a_forged_address(api: Api) -> None:
    for number in range(10):
        forged = f"10.0.0.{number}, 203.0.113.7"
        body = {"email": f"n{number}@x.test", "password": "Wr0ng!pass"}
        api.post("/api/auth/login", body, HTTP_X_FORWARDED_FOR=forged)
    answer = api.post("/api/auth/login", LOGIN, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7")
    assert answer.status_code == 429


def test_logins_go_on_without_redis_under_a_stricter_limit(
    api: Api, account: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.api import throttling

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttling._shared.cache_clear()
    monkeypatch.setattr(throttling, "_local", throttling._local.__wrapped__)
    try:
        assert api.post("/api/auth/login", LOGIN).status_code == 200
    finally:
        throttling._shared.cache_clear()


def test_an_old_bcrypt_hash_is_accepted_once_and_replaced(api: Api, account: dict[str, Any]) -> None:
    old = bcrypt.hashpw(b"Old!passw0rd", bcrypt.gensalt(4)).decode()
    stored = mongo("auth")["credentials"]
    stored.update_one({"_id": account["id"]}, {"$set": {"passwordHash": old}})
    assert api.post("/api/auth/login", LOGIN | {"password": "Old!passw0rd"}).status_code == 200
    replaced = stored.find_one({"_id": account["id"]})
    assert replaced is not None
    assert replaced["passwordHash"].startswith("$argon2id$")
    assert api.post("/api/auth/login", LOGIN | {"password": "Old!passw0rd"}).status_code == 200


def test_a_suspended_person_cannot_log_in_and_loses_the_sessions(api: Api, account: dict[str, Any]) -> None:
    tokens = api.post("/api/auth/login", LOGIN).json()
    deliver_all()
    operator = Caller("SUPER_ADMIN", None)
    answer = api.put(f"/api/users/{account['id']}/status", {"status": "suspended"}, as_=operator)
    assert answer.status_code == 200
    deliver_all()
    assert api.post("/api/auth/login", LOGIN).json()["message"] == "Account is not active"
    assert api.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]}).status_code == 401
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 401


def test_with_verification_on_an_account_waits_for_its_mail(api: Api, settings: Any, mailoutbox: Any) -> None:
    settings.EMAIL_VERIFICATION = True
    sent: list[str] = []
    from services.auth.passwords import mails

    original = mails.send_verification_mail.delay
    mails.send_verification_mail.delay = lambda email, token: sent.append(token)
    try:
        user = api.post("/api/auth/register", ACCOUNT).json()["user"]
    finally:
        mails.send_verification_mail.delay = original
    assert user["status"] == "pending"
    assert api.post("/api/auth/login", LOGIN).json()["message"] == "Account is not active"
    mails.send_verification_mail("ann@x.test", sent[0])
    assert sent[0] in mailoutbox[0].body
    assert mailoutbox[0].alternatives
    assert api.post("/api/auth/verify-email", {"token": "wrong"}).status_code == 400
    assert api.post("/api/auth/verify-email", {"token": sent[0]}).status_code == 200
    assert api.post("/api/auth/verify-email", {"token": sent[0]}).status_code == 400
    assert api.post("/api/auth/login", LOGIN).status_code == 200
    deliver_all()
    person = mongo("users")["users"].find_one({})
    assert person is not None
    assert person["status"] == "active"


def test_an_old_token_in_the_header_does_not_keep_anybody_from_logging_in(api: Api, account: dict[str, Any]) -> None:
    assert api.post("/api/auth/login", LOGIN, as_="expired.or.garbage").status_code == 200
