"""Somebody registers your address and waits. Whatever proves later that the address is yours ends what they left behind."""

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.auth.audit.actions import Origin
from services.auth.google.actions import sign_in
from services.auth.google.client import GoogleIdentity
from services.auth.passwords import actions
from services.auth.passwords.actions import store_password
from services.users.accounts.actions import put_user
from tests.auth.conftest import Google
from tests.auth.test_google import begin, come_back
from tests.conftest import Api, Caller

EMAIL, THEIRS, MINE = "ann@gmail.test", "Str0ng!pass", "An0ther!pass"
ACCOUNT = {"email": EMAIL, "password": THEIRS, "firstName": "Mal", "lastName": "Lory", "companyName": ""}
PERSON = {"firstName": "Ann", "lastName": "Lee", "roles": ["user"], "tenantId": None, "status": "active"}


class Stranger:
    """Somebody who registered an address that is not theirs, with everything that an account can have."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.user_id = api.post("/api/auth/register", ACCOUNT).json()["user"]["id"]
        session = self.log_in().json()
        self.token, self.refresh = session["token"], session["refreshToken"]
        # A token of the old system, made out to the same account.
        self.old_token = Caller("user", None, self.user_id, {"email": EMAIL, "iat": int(time.time()) - 60}).token
        setup = api.post("/api/auth/mfa/setup", as_=self.token).json()
        self.backup = setup["backupCodes"]
        code = pyotp.TOTP(setup["secret"]).now()
        assert api.post("/api/auth/mfa/verify", {"code": code}, as_=self.token).json() == {"valid": True}

    def log_in(self, **more: str) -> Any:
        return self.api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS, **more})

    def is_out(self) -> bool:
        """Nothing that the stranger has opens anything."""
        ways = [
            self.api.get("/api/auth/me", as_=self.token),
            self.api.get("/api/users/me", as_=self.token),
            self.api.get("/api/auth/me", as_=self.old_token),
            self.api.post("/api/auth/refresh", as_=self.old_token),
            self.api.post("/api/auth/refresh", {"refreshToken": self.refresh}),
            self.log_in(),
            self.log_in(code=self.backup[0]),
        ]
        return {way.status_code for way in ways} == {401} and mongo("auth")["mfas"].count_documents({}) == 0


@pytest.fixture
def stranger(api: Api) -> Stranger:
    return Stranger(api)


def by_callback(api: Api) -> str:
    return _token(come_back(api, begin(api)["state"]))


def by_posted_code(api: Api) -> str:
    body = {"code": "c", "state": begin(api)["state"]}
    return str(api.post("/api/auth/google/callback", body).json()["token"])


def by_access_token(api: Api) -> str:
    return _token(api.post("/api/auth/register/google", {"accessToken": "ya29"}))


def _token(answer: Any) -> str:
    assert answer.status_code in (200, 201), answer.json()
    return str(answer.json()["data"]["token"])


WAYS = [by_callback, by_posted_code, by_access_token]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("early", [True, False], ids=["events in time", "events late"])
def test_a_google_sign_in_ends_what_a_stranger_left(
    api: Api,
    stranger: Stranger,
    google: Google,
    way: Callable[[Api], str],
    early: bool,
) -> None:
    if early:
        deliver_all()
    token = way(api)
    assert stranger.is_out()
    deliver_all()
    assert stranger.is_out()
    account = api.get("/api/auth/me", as_=token).json()
    assert (account["id"], account["isEmailVerified"], account["mfaEnabled"]) == (stranger.user_id, True, False)
    assert api.get("/api/users/me", as_=token).json()["data"]["user"]["googleId"] == "g-123"


def test_links_that_were_asked_for_before_are_dead(
    api: Api,
    stranger: Stranger,
    google: Google,
    mails: list[Any],
) -> None:
    api.post("/api/auth/forgot-password", {"email": EMAIL})
    token = mails[-1][1][-1]
    by_access_token(api)
    assert api.post("/api/auth/validate-reset-token", {"token": token}).json() == {"valid": False}
    assert api.post("/api/auth/reset-password", {"token": token, "newPassword": MINE}).status_code == 400


def test_the_second_sign_in_ends_nothing(api: Api, google: Google, mails: list[Any]) -> None:
    api.post("/api/auth/register", ACCOUNT)
    by_access_token(api)
    deliver_all()
    reset(api, mails)
    token = log_in(api)
    by_access_token(api)
    assert api.get("/api/auth/me", as_=token).status_code == 200
    assert log_in(api)


def test_a_reset_by_the_mailbox_owner_ends_what_a_stranger_left(
    api: Api,
    stranger: Stranger,
    mails: list[Any],
) -> None:
    reset(api, mails)
    assert stranger.is_out()
    # The stranger's second factor does not stand in the owner's way.
    assert api.get("/api/auth/me", as_=log_in(api)).json()["isEmailVerified"] is True


def test_a_proven_address_keeps_its_password_and_second_factor(
    api: Api,
    google: Google,
    mails: list[Any],
) -> None:
    api.post("/api/auth/register", ACCOUNT)
    reset(api, mails)
    token = log_in(api)
    secret = api.post("/api/auth/mfa/setup", as_=token).json()["secret"]
    api.post("/api/auth/mfa/verify", {"code": pyotp.TOTP(secret).now()}, as_=token)
    by_access_token(api)
    deliver_all()
    by_access_token(api)
    assert api.get("/api/auth/me", as_=token).json()["mfaEnabled"] is True
    answer = api.post("/api/auth/login", {"email": EMAIL, "password": MINE})
    assert answer.json()["message"] == "MFA verification required"


@pytest.fixture
def sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens of verification mails, which are demanded."""
    settings.EMAIL_VERIFICATION = True
    tokens: list[str] = []
    monkeypatch.setattr(actions, "enqueue", lambda task, email, token: tokens.append(token))
    return tokens


def test_an_address_verified_by_mail_keeps_its_password(api: Api, google: Google, sent: list[str]) -> None:
    api.post("/api/auth/register", ACCOUNT)
    assert api.post("/api/auth/verify-email", {"token": sent[0]}).status_code == 200
    # Google comes before users has heard of anything; then all events arrive at once.
    by_access_token(api)
    deliver_all()
    by_access_token(api)
    assert api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS}).status_code == 200
    stored = mongo("users")["users"].find_one({})
    assert stored and stored["status"] == "active" and stored["emailVerifiedAt"]


def test_google_before_the_verification_mail_ends_the_password_and_the_mail(
    api: Api, google: Google, sent: list[str]
) -> None:
    api.post("/api/auth/register", ACCOUNT)
    by_access_token(api)
    assert api.post("/api/auth/verify-email", {"token": sent[0]}).status_code == 400
    assert api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS}).status_code == 401
    deliver_all()
    assert mongo("users")["users"].find_one({})["status"] == "active"  # type: ignore[index]


def test_a_login_that_is_under_way_opens_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stranger's password was right when it was looked at; the owner comes before the session is opened."""
    api.post("/api/auth/register", ACCOUNT)
    real = actions.verify_password

    def overtaken(stored: str, password: str) -> bool:
        good = real(stored, password)
        sign_in(identity(), Origin("192.0.2.1", ""))
        return good

    monkeypatch.setattr(actions, "verify_password", overtaken)
    assert api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS}).status_code == 401
    assert mongo("auth")["sessions"].count_documents({"isActive": True}) == 1


def test_a_password_change_that_is_under_way_changes_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post("/api/auth/register", ACCOUNT)
    token = api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS}).json()["token"]
    real = actions.hash_password

    def overtaken(password: str) -> str:
        sign_in(identity(), Origin("192.0.2.1", ""))
        return real(password)

    monkeypatch.setattr(actions, "hash_password", overtaken)
    body = {"currentPassword": THEIRS, "newPassword": MINE}
    assert api.post("/api/auth/change-password", body, as_=token).status_code == 400
    assert api.post("/api/auth/login", {"email": EMAIL, "password": MINE}).status_code == 401


@pytest.mark.parametrize("verified", [True, False])
def test_people_of_the_old_system_keep_what_they_proved_there(
    api: Api,
    google: Google,
    verified: bool,
) -> None:
    from core.documents.collection import now

    user_id = str(ObjectId())
    proof = {"emailVerifiedAt": now()} if verified else {}
    put_user({"_id": user_id, "email": EMAIL, **PERSON, **proof})
    deliver_all()
    store_password(user_id, EMAIL, THEIRS)
    by_access_token(api)
    answer = api.post("/api/auth/login", {"email": EMAIL, "password": THEIRS})
    assert answer.status_code == (200 if verified else 401)


def test_another_address_is_proven_anew(api: Api, google: Google, mails: list[Any]) -> None:
    """A stranger proves an address of their own, and then has yours entered into the account."""
    own = "mallory@x.test"
    api.post("/api/auth/register", ACCOUNT | {"email": own})
    deliver_all()
    reset(api, mails, own)
    deliver_all()
    api.post("/api/auth/forgot-password", {"email": own})
    pending = mails[-1][1][-1]
    user_id = mongo("users")["users"].find_one({})["_id"]  # type: ignore[index]
    put_user({"_id": str(user_id), "email": EMAIL, **PERSON, "emailVerifiedAt": None})
    deliver_all()
    # The link went to the old address.
    assert api.post("/api/auth/reset-password", {"token": pending, "newPassword": "Th1rd!pass"}).status_code == 400
    token = by_access_token(api)
    assert api.get("/api/auth/me", as_=token).json()["id"] == str(user_id)
    assert api.post("/api/auth/login", {"email": EMAIL, "password": MINE}).status_code == 401


def test_a_reset_ends_a_strangers_google_account_too(
    api: Api,
    google: Google,
    mails: list[Any],
) -> None:
    google.profile["email"] = "mallory@x.test"
    by_access_token(api)
    deliver_all()
    user_id = mongo("users")["users"].find_one({})["_id"]  # type: ignore[index]
    put_user({"_id": str(user_id), "email": EMAIL, **PERSON, "emailVerifiedAt": None})
    deliver_all()
    reset(api, mails)
    deliver_all()
    answer = api.post("/api/auth/register/google", {"accessToken": "ya29"})
    assert answer.json()["data"]["user"]["id"] != str(user_id)
    assert mongo("users")["users"].find_one({"_id": user_id})["googleId"] is None  # type: ignore[index]


def test_a_google_account_cannot_be_written_onto_another_user(api: Api, google: Google) -> None:
    """Which Google account opens an account is auth's to say, not whoever edits people at users."""
    victim = api.post("/api/auth/register", ACCOUNT).json()["user"]["id"]
    deliver_all()
    put_user({"_id": victim, "email": EMAIL, **PERSON, "googleId": "g-123"})
    deliver_all()
    google.profile["email"] = "mallory@x.test"
    answer = api.post("/api/auth/register/google", {"accessToken": "ya29"})
    assert answer.json()["data"]["user"]["id"] != victim


def test_an_operators_password_leaves_nothing_older(
    api: Api, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from django.core.management import call_command

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{MINE}\n"))
    call_command("set_password", EMAIL)
    assert stranger.is_out()
    assert log_in(api)


def reset(api: Api, mails: list[Any], email: str = EMAIL) -> None:
    api.post("/api/auth/forgot-password", {"email": email})
    body = {"token": mails[-1][1][-1], "newPassword": MINE}
    assert api.post("/api/auth/reset-password", body).status_code == 200


def log_in(api: Api) -> str:
    answer = api.post("/api/auth/login", {"email": EMAIL, "password": MINE})
    assert answer.status_code == 200, answer.json()
    return str(answer.json()["token"])


def identity() -> GoogleIdentity:
    return GoogleIdentity("g-123", EMAIL, True, "Ann", "Lee", None)
