"""Another e-mail address: asked for at users, confirmed at auth with the password and from its mailbox, told to the old one."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.auth.addresses import actions
from services.auth.addresses import mails as mail_tasks
from tests import revisions
from tests.auth.test_mfa import ACCOUNT as OWNER
from tests.auth.test_mfa import Owner
from tests.conftest import TENANT, Api, Caller
from tests.users.test_people import person

ACCOUNT = {"email": "ann@x.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee"}
NEW, CONFIRM = "ann.new@y.test", "/api/auth/confirm-email"
INVALID = "Invalid or expired confirmation token"


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What was handed to the worker to be mailed: the last part of the task's name, its arguments."""
    sent: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(actions, "enqueue", lambda task, *more: sent.append((task.name.rpartition(".")[2], more)))
    return sent


def log_in(api: Api, email: str = ACCOUNT["email"], password: str = ACCOUNT["password"]) -> Any:
    return api.post("/api/auth/login", {"email": email, "password": password})


@pytest.fixture
def token(api: Api) -> str:
    """Ann's token."""
    assert api.post("/api/auth/register", ACCOUNT).status_code == 201
    deliver_all()
    return str(log_in(api).json()["token"])


def ask(api: Api, token: Any, mails: list[Any], path: str = "/api/users/me", email: str = NEW) -> str:
    """Ask for another address, and return the token that was mailed there."""
    answer = api.put(path, {"email": email}, as_=token)
    assert answer.status_code == 200, answer.json()
    deliver_all()
    name, (to, _, mailed) = mails[-1]
    assert (name, to) == ("send_confirmation_mail", email.lower())
    return str(mailed)


def confirm(api: Api, mailed: str, password: str = ACCOUNT["password"], **more: Any) -> Any:
    return api.post(CONFIRM, {"token": mailed, "password": password, **more})


@pytest.mark.parametrize("path", ["/api/users/me", "/api/users/me/profile"])
def test_an_address_changes_with_the_password_and_from_its_mailbox(
    api: Api, token: str, mails: list[Any], path: str
) -> None:
    answer = api.put(path, {"email": NEW.upper(), "firstName": "Anna"}, as_=token)
    shown = answer.json()["data"]["user"]
    assert (answer.status_code, shown["email"], shown["firstName"]) == (200, ACCOUNT["email"], "Anna")
    deliver_all()
    assert [(name, more[0]) for name, more in mails] == [
        ("send_notice_mail", ACCOUNT["email"]),
        ("send_confirmation_mail", NEW),
    ]
    mailed = mails[-1][1][-1]
    for password, message in (("Wr0ng!pass", "Current password is incorrect"), (ACCOUNT["password"], None)):
        assert log_in(api, NEW).status_code == 401
        answer = confirm(api, mailed, password)
        assert (answer.status_code, answer.json()["message"]) == (400, message) if message else (200, answer)
    # At auth at once.
    assert log_in(api, NEW).status_code == 200
    assert log_in(api).status_code == 401
    assert mails[-1] == ("send_changed_mail", (ACCOUNT["email"], "Anna", NEW))
    deliver_all()
    assert api.get("/api/users/me", as_=token).status_code == 401
    fresh = log_in(api, NEW).json()["token"]
    assert api.get("/api/users/me", as_=fresh).json()["data"]["user"]["email"] == NEW
    assert mongo("auth")["credentials"].find_one({})["email"] == NEW  # type: ignore[index]
    assert mongo("leads")["leadsdirectory"].count_documents({"email": ACCOUNT["email"]}) == 0
    answer = confirm(api, mailed)
    assert (answer.status_code, answer.json()["message"]) == (400, INVALID)


def test_a_stolen_token_takes_no_account_over(api: Api, token: str, mails: list[Any]) -> None:
    """The thief asks for an own address, has its mail, knows no password, and sets up an own second factor."""
    mailed = ask(api, token, mails, email="thief@x.test")
    import pyotp

    secret = api.post("/api/auth/mfa/setup", as_=token).json()["secret"]
    code = pyotp.TOTP(secret).now()
    api.post("/api/auth/mfa/verify", {"code": code}, as_=token)
    for body in ({"token": mailed}, {"token": mailed, "code": code}, {"token": mailed, "password": "", "code": code}):
        assert api.post(CONFIRM, body).status_code == 400
    for _ in range(4):
        assert confirm(api, mailed, "Gu3ss!pass").status_code == 400
    for _ in range(3):
        last = confirm(api, mailed, "Gu3ss!pass")
    assert last.status_code == 429
    api.post("/api/auth/forgot-password", {"email": "thief@x.test"})
    assert mongo("auth")["passwordresettokens"].count_documents({}) == 0
    deliver_all()
    assert mongo("users")["users"].find_one({})["email"] == ACCOUNT["email"]  # type: ignore[index]


def test_a_second_factor_is_asked_for_as_at_a_login(api: Api, mails: list[Any]) -> None:
    owner = Owner(api)
    deliver_all()
    owner.enable()
    mailed = ask(api, owner.token, mails)
    answer = confirm(api, mailed, OWNER["password"])
    assert (answer.status_code, answer.json()["message"]) == (401, "MFA verification required")
    assert confirm(api, mailed, OWNER["password"], code="000000").status_code == 401
    assert confirm(api, mailed, OWNER["password"], code=owner.code(1)).status_code == 200


def test_a_proposal_ends_with_time_with_the_password_and_with_the_next_one(
    api: Api, token: str, mails: list[Any]
) -> None:
    first = ask(api, token, mails)
    second = ask(api, token, mails, email="other@y.test")
    assert confirm(api, first).json()["message"] == INVALID
    past = {"$set": {"newEmail.expiresAt": now() - timedelta(seconds=1)}}
    mongo("auth")["credentials"].update_one({}, past)
    assert confirm(api, second).json()["message"] == INVALID
    third, change = ask(api, token, mails), {"currentPassword": ACCOUNT["password"], "newPassword": "An0ther!pass"}
    assert api.post("/api/auth/change-password", change, as_=token).status_code == 200
    assert confirm(api, third, "An0ther!pass").json()["message"] == INVALID


def test_the_token_is_stored_nowhere(api: Api, token: str, mails: list[Any]) -> None:
    mailed = ask(api, token, mails)
    for service in ("auth", "users"):
        db = mongo(service)
        assert not any(mailed in str(list(db[name].find())) for name in db.list_collection_names())


def test_an_address_that_another_user_got_meanwhile_stays_theirs(api: Api, token: str, mails: list[Any]) -> None:
    mailed = ask(api, token, mails)
    assert api.post("/api/auth/register", {**ACCOUNT, "email": NEW}).status_code == 201
    assert confirm(api, mailed).json()["message"] == INVALID
    assert log_in(api).status_code == 200
    taken = api.put("/api/users/me", {"email": NEW}, as_=token)
    # auth knows of it, users does not yet: nothing is mailed but the notice.
    assert taken.status_code == 200
    deliver_all()
    assert mails[-1][0] == "send_notice_mail"
    assert api.put("/api/users/me", {"email": NEW}, as_=token).status_code == 409


def test_an_address_that_users_gave_away_in_that_second_goes_back(
    api: Api, token: str, mails: list[Any], admin: Caller
) -> None:
    mailed = ask(api, token, mails)
    assert confirm(api, mailed).status_code == 200
    created = api.post("/api/users", {"email": NEW, "firstName": "N", "lastName": "W"}, as_=admin)
    assert created.status_code == 201
    mongo("auth")["inboxevents"].delete_many({})
    taken_by = str(mongo("users")["users"].find_one({"email": NEW}, {"_id": 1})["_id"])
    mongo("users")["outboxevents"].delete_many({"name": "user.created", "entityId": taken_by})
    revisions.arranged.add(taken_by)
    deliver_all()
    assert log_in(api).status_code == 200
    assert mongo("auth")["credentials"].find_one({})["email"] == ACCOUNT["email"]  # type: ignore[index]


def test_an_administrator_proposes_and_the_person_confirms(api: Api, token: str, mails: list[Any]) -> None:
    """Else every administrator could take every account of the tenant over."""
    boss = person("admin")
    user = mongo("users")["users"].find_one({"email": ACCOUNT["email"]})
    assert user is not None
    mongo("users")["users"].update_one({"_id": user["_id"]}, {"$set": {"tenantId": ObjectId(TENANT)}})
    mailed = ask(api, boss, mails, f"/api/users/{user['_id']}", "boss.own@x.test")
    assert mails[-2][1][0] == ACCOUNT["email"]
    assert confirm(api, mailed, "B0ss!pass").status_code == 400
    assert log_in(api).status_code == 200
    api.post("/api/auth/forgot-password", {"email": "boss.own@x.test"})
    assert mongo("auth")["passwordresettokens"].count_documents({}) == 0
    assert confirm(api, mailed).status_code == 200


def test_a_slip_in_the_address_of_a_user_who_never_came_in_is_mended_at_once(api: Api, admin: Caller) -> None:
    body = {"email": "slip@x.test", "firstName": "S", "lastName": "L"}
    made = api.post("/api/users", body, as_=admin).json()["data"]["user"]
    deliver_all()
    api.post("/api/auth/forgot-password", {"email": "slip@x.test"})
    mongo("auth")["credentials"].insert_one({"_id": made["_id"], "email": "slip@x.test", "passwordHash": "x"})
    answer = api.put(f"/api/users/{made['_id']}", {"email": "right@x.test"}, as_=admin)
    assert answer.json()["data"]["user"]["email"] == "right@x.test"
    deliver_all()
    # What was mailed to the wrong address opens nothing any more.
    assert mongo("auth")["passwordresettokens"].count_documents({}) == 0
    assert mongo("auth")["credentials"].find_one({})["email"] == "right@x.test"  # type: ignore[index]


@pytest.mark.parametrize("path", ["/api/users/me", "/api/users/me/profile", "/api/users/{id}"])
def test_mails_to_foreign_addresses_are_counted(api: Api, path: str) -> None:
    boss = person("admin")
    path = path.format(id=boss.user_id)
    for number in range(5):
        assert api.put(path, {"email": f"n{number}@x.test"}, as_=boss).status_code == 200
    # The own one costs nothing: pages send the whole profile back.
    assert api.put(path, {"email": boss.email}, as_=boss).status_code == 200
    answer = api.put(path, {"email": "more@x.test"}, as_=boss)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


def test_the_mails_hold_what_they_should(mailoutbox: Any) -> None:
    mail_tasks.send_confirmation_mail("new@x.test", "<b>Ann</b>", "t0ken")
    mail_tasks.send_notice_mail("old@x.test", "Ann", "new@x.test")
    mail_tasks.send_changed_mail("old@x.test", "Ann", "new@x.test")
    confirmation, notice, changed = mailoutbox
    assert "/confirm-email?token=t0ken" in confirmation.body
    assert "&lt;b&gt;Ann&lt;/b&gt;" in confirmation.alternatives[0][0]
    assert "t0ken" not in notice.body + changed.body
    assert "new@x.test" in notice.body
