"""Forgotten passwords: the link, its token, the new password."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from tests.conftest import Api

ACCOUNT = {"email": "Ann@x.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee", "companyName": "Co"}
NEW = "An0ther!pass"
SENT = {"message": "If an account with that email exists, a password reset link has been sent."}
INVALID = "Invalid or expired reset token"


@pytest.fixture
def account(api: Api) -> dict[str, Any]:
    return dict(api.post("/api/auth/register", ACCOUNT).json()["user"])


def ask(api: Api, mails: list[Any], email: str = "ann@x.test") -> str:
    assert api.post("/api/auth/forgot-password", {"email": email}).json() == SENT
    return str(mails[-1][1][-1])


def reset(api: Api, token: str, password: str = NEW) -> Any:
    return api.post("/api/auth/reset-password", {"token": token, "newPassword": password})


def log_in(api: Api, password: str) -> Any:
    return api.post("/api/auth/login", {"email": "ann@x.test", "password": password})


def test_a_forgotten_password_is_replaced_and_every_session_ends(
    api: Api, account: dict[str, Any], mails: list[Any]
) -> None:
    before = log_in(api, ACCOUNT["password"]).json()["token"]
    token = ask(api, mails, "ANN@X.test")
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert api.post("/api/auth/validate-reset-token", {"token": token}).json() == {"valid": True}
    answer = reset(api, token)
    assert answer.status_code == 200
    assert answer.json()["message"].startswith("Password has been successfully reset")
    assert log_in(api, ACCOUNT["password"]).status_code == 401
    assert log_in(api, NEW).status_code == 200
    assert api.get("/api/auth/me", as_=before).status_code == 401
    assert api.post("/api/auth/validate-reset-token", {"token": token}).json() == {"valid": False}


def test_the_worker_mails_the_link_and_the_log_does_not_know_it(
    api: Api, account: dict[str, Any], mailoutbox: Any, mails: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    from services.auth.passwords.mails import send_changed_mail, send_reset_mail

    token = ask(api, mails)
    send_reset_mail(*mails[-1][1])
    (mail,) = mailoutbox
    assert mail.to == ["ann@x.test"]
    assert f"/reset-password?token={token}" in mail.body
    assert f"/reset-password?token={token}" in mail.alternatives[0][0]
    reset(api, token)
    send_changed_mail(*mails[-1][1])
    assert "127.0.0.1" in mailoutbox[1].body
    assert token not in caplog.text


def test_the_front_ends_page_asks_by_the_other_path(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    assert api.post("/api/auth/reset-password", {"email": "ann@x.test"}).json() == SENT
    assert len(mails) == 1


def test_an_unknown_address_gets_the_same_answer_and_no_mail(api: Api, mails: list[Any]) -> None:
    assert api.post("/api/auth/forgot-password", {"email": "ghost@x.test"}).json() == SENT
    assert not mails


def test_a_new_link_kills_the_older_one(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    first = ask(api, mails)
    second = ask(api, mails)
    assert reset(api, first).json()["message"] == INVALID
    assert reset(api, second).status_code == 200


def test_a_token_works_once_also_for_two_at_once(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    token, codes = ask(api, mails), []
    passwords = [f"{NEW}{number}" for number in range(4)]
    threads = [
        threading.Thread(target=lambda one=one: codes.append(reset(api, token, one).status_code)) for one in passwords
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 400, 400, 400]


def test_an_old_token_is_worth_nothing(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    token = ask(api, mails)
    mongo("auth")["passwordresettokens"].update_many({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    assert reset(api, token).json()["message"] == INVALID


def test_the_token_itself_is_not_stored(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    token = ask(api, mails)
    assert token not in str(list(mongo("auth")["passwordresettokens"].find()))


def test_the_fourth_request_of_an_hour_waits_whatever_the_spelling(api: Api, mails: list[Any]) -> None:
    for email in ("a@x.test", "A@x.test", "a@X.TEST"):
        assert api.post("/api/auth/forgot-password", {"email": email}).status_code == 200
    answer = api.post("/api/auth/forgot-password", {"email": "a@x.test"})
    assert answer.status_code == 429
    body = answer.json()
    assert body["message"] == "Too many password reset requests. Please try again later."
    assert 0 < body["retryAfter"] <= 3600
    assert answer.headers["Retry-After"] == str(body["retryAfter"])


def test_tokens_cannot_be_tried_for_ever(api: Api, settings: Any) -> None:
    settings.TOKEN_TRIES = 2
    codes = [reset(api, "x").status_code for _ in range(3)]
    assert codes == [400, 400, 429]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({}, ["Please provide a valid email address"]),
        ({"email": "nope"}, ["Please provide a valid email address"]),
        ({"email": 5}, ["Please provide a valid email address"]),
        ({"email": "a@x.test", "x": 1}, ["property x should not exist"]),
    ],
)
def test_a_bad_request_is_told_by_name(api: Api, body: Any, messages: list[str]) -> None:
    answer = api.post("/api/auth/forgot-password", body)
    assert (answer.status_code, answer.json()["message"]) == (400, messages)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("Passw0rd!", "Password is too common"),
        ("P@ssw0rd123!", "Password is too common"),
        ("Short1!", "Password must be at least 8 characters long"),
        ("alllowercase", "Password must contain at least one uppercase letter"),
        ("Aa1!" * 60, "Password must be at most 200 characters long"),
    ],
)
def test_a_bad_password_is_refused_before_the_token_is_spent(
    api: Api, account: dict[str, Any], mails: list[Any], password: str, message: str
) -> None:
    token = ask(api, mails)
    answer = reset(api, token, password)
    assert answer.status_code == 400
    assert any(text.startswith(message) for text in answer.json()["message"])
    assert reset(api, token).status_code == 200


def test_a_password_must_not_hold_the_own_address(api: Api) -> None:
    body = ACCOUNT | {"email": "annabella@x.test", "password": "Annabella!2026"}
    answer = api.post("/api/auth/register", body)
    assert answer.json()["message"] == ["Password must not contain your e-mail address"]
    assert api.post("/api/auth/register", body | {"password": "N0 space, no problem!"}).status_code == 201


def test_a_reset_unlocks_the_account(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    for _ in range(6):
        log_in(api, "wrong")
    assert log_in(api, ACCOUNT["password"]).json()["message"] == "Account is temporarily locked"
    reset(api, ask(api, mails))
    assert log_in(api, NEW).status_code == 200


def test_what_happened_is_on_record(api: Api, account: dict[str, Any], mails: list[Any]) -> None:
    log_in(api, "wrong")
    reset(api, ask(api, mails))
    log_in(api, NEW)
    api.post("/api/auth/login", {"email": "ghost@x.test", "password": "x"})
    events = list(mongo("auth")["securityevents"].find(sort=[("_id", 1)]))
    kinds = ["login_failed", "password_reset", "password_reset", "login_success", "login_failed"]
    assert [event["eventType"] for event in events] == kinds
    assert [bool(event["userId"]) for event in events] == [True, True, True, True, False]
    assert events[0]["outcome"] == "failure"
    assert NEW not in str(events)
    deliver_all()
    activities = {entry["type"] for entry in mongo("users")["useractivities"].find()}
    assert {"security_event", "password_change", "login"} <= activities
