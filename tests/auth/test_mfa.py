"""The second factor: set up, asked for at login, spent once, locked, removed."""

import base64
import threading
import time
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from core.documents.collection import now
from core.documents.driver import database as mongo
from services.auth.mfa import rules
from tests.conftest import Api

ACCOUNT = {"email": "ann@x.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee"}


class Owner:
    """Somebody with an authenticator."""

    def __init__(self, api: Api) -> None:
        api.post("/api/auth/register", ACCOUNT)
        self.api = api
        self.token = self.log_in().json()["token"]
        self.setup: dict[str, Any] = {}

    def log_in(self, code: str | None = None) -> Any:
        body = {"email": ACCOUNT["email"], "password": ACCOUNT["password"]}
        return self.api.post("/api/auth/login", {**body, "code": code} if code else body)

    def post(self, what: str, body: Any = None) -> Any:
        return self.api.post(f"/api/auth/mfa/{what}", body, as_=self.token)

    def code(self, steps: int = 0) -> str:
        """The authenticator's code, `steps` half minutes away from now."""
        return pyotp.TOTP(self.setup["secret"]).at(int(time.time()) + 30 * steps)

    def begin(self) -> None:
        answer = self.post("setup")
        assert answer.status_code == 201
        self.setup = answer.json()

    def enable(self) -> None:
        self.begin()
        assert self.post("verify", {"code": self.code(-1)}).json() == {"valid": True}


@pytest.fixture
def owner(api: Api) -> Owner:
    return Owner(api)


@pytest.fixture
def protected(owner: Owner) -> Owner:
    owner.enable()
    return owner


def test_setting_up_shows_secret_and_codes_once(owner: Owner) -> None:
    owner.begin()
    assert owner.setup["secret"] == owner.setup["secretKey"]
    assert owner.setup["qrCodeUrl"] == rules.qr_image(rules.provisioning_url(owner.setup["secret"], "ann@x.test"))
    assert len(set(owner.setup["backupCodes"])) == 10
    stored = str(mongo("auth")["mfas"].find_one({}))
    assert owner.setup["secret"] not in stored
    assert not any(code in stored for code in owner.setup["backupCodes"])


def test_the_qr_code_is_an_image_that_a_page_shows() -> None:
    url = rules.provisioning_url("A" * 52, "ann@x.test")
    assert url.startswith("otpauth://totp/DealCycle%20CRM:ann%40x.test?")
    kind, _, content = rules.qr_image(url).partition(",")
    assert kind == "data:image/png;base64"
    picture = base64.b64decode(content, validate=True)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    longest = rules.provisioning_url("A" * 52, "ä" * 64 + "@" + "x" * 185 + ".test")
    assert rules.qr_image(longest).startswith(kind)


def test_nothing_is_asked_until_a_code_was_seen(owner: Owner) -> None:
    owner.begin()
    assert owner.log_in().status_code == 200
    answer = owner.post("verify", {"code": "000000"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid verification code")
    owner.enable()
    assert owner.api.get("/api/auth/me", as_=owner.token).json()["mfaEnabled"] is True
    assert owner.post("setup").json()["message"] == "MFA already exists for this user"


def test_login_takes_two_steps(protected: Owner) -> None:
    answer = protected.log_in()
    assert answer.status_code == 401
    body = answer.json()
    assert body["message"] == "MFA verification required"
    assert body["challengeId"]
    assert protected.log_in("000000").json()["message"] == "Invalid verification code"
    assert protected.log_in(protected.code()).status_code == 200


def test_the_second_step_does_not_tell_a_wrong_password_apart(protected: Owner) -> None:
    answer = protected.api.post("/api/auth/login", {"email": ACCOUNT["email"], "password": "wrong"})
    assert answer.json()["message"] == "Invalid credentials"


def test_a_code_works_once_also_for_many_at_once(protected: Owner) -> None:
    code, answers = protected.code(), []
    threads = [threading.Thread(target=lambda: answers.append(protected.log_in(code).status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_backup_code_works_once(protected: Owner) -> None:
    first, second = protected.setup["backupCodes"][:2]
    assert protected.log_in(first).status_code == 200
    assert protected.log_in(first).status_code == 401
    assert protected.log_in(second).status_code == 200


def test_five_wrong_codes_lock_also_when_guessed_in_parallel(protected: Owner, settings: Any) -> None:
    settings.LOGIN_ATTEMPTS = 100
    threads = [threading.Thread(target=protected.log_in, args=(f"{number:06}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert protected.log_in(protected.code()).json()["message"] == "Account is temporarily locked"
    failures = mongo("auth")["securityevents"].count_documents({"eventType": "mfa_failed"})
    assert failures <= 5
    mongo("auth")["mfas"].update_many({}, {"$set": {"lockedUntil": now() - timedelta(seconds=1)}})
    assert protected.log_in(protected.code()).status_code == 200


def test_a_stranger_to_it_is_told_so(owner: Owner) -> None:
    answer = owner.post("verify", {"code": "123456"})
    assert (answer.status_code, answer.json()["message"]) == (400, "MFA is not enabled for this user")


def test_removing_it_needs_proof_and_ends_other_sessions(protected: Owner) -> None:
    other = protected.log_in(protected.code()).json()["token"]
    for body in ({}, {"password": "wrong"}, {"code": "000000"}):
        answer = protected.post("disable", body)
        assert (answer.status_code, answer.json()["message"]) == (400, "A current code or the password is required")
    assert protected.post("disable", {"password": ACCOUNT["password"]}).json() == {
        "message": "MFA disabled successfully"
    }
    assert protected.api.get("/api/auth/me", as_=other).status_code == 401
    assert protected.api.get("/api/auth/me", as_=protected.token).json()["mfaEnabled"] is False
    assert protected.log_in().status_code == 200


def test_no_user_reads_or_uses_anothers(protected: Owner) -> None:
    protected.api.post("/api/auth/register", ACCOUNT | {"email": "eve@x.test"})
    body = {"email": "eve@x.test", "password": ACCOUNT["password"]}
    eve = protected.api.post("/api/auth/login", body).json()["token"]
    answer = protected.api.post("/api/auth/mfa/verify", {"code": protected.code()}, as_=eve)
    assert answer.json()["message"] == "MFA is not enabled for this user"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 5}, {"code": "1" * 50}, {"code": "1", "x": 1}])
def test_a_bad_body_is_refused(protected: Owner, body: Any) -> None:
    assert protected.post("verify", body).status_code == 400
