"""What an attacker tries against sign-in and tokens, through the API. Each test names the attack.

Others of the kind lie with their subject: somebody who registers your address in test_takeover_by_registration.py, forged
tokens and leaked keys in tests/core/test_tokens.py and test_sessions.py, fifty tries at once in test_login.py, spent refresh
tokens in test_sessions.py, codes in test_mfa.py, reset tokens in test_resets.py, Google's state in test_google.py, the admins'
sign-in in tests/core/test_admin.py, role documents in tests/users/.
"""

import base64
import json
import time
from collections import Counter
from typing import Any

import bcrypt
import jwt
import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.auth.passwords import actions, hashing
from services.auth.passwords import api as api_module
from tests.auth.conftest import Google
from tests.auth.test_google import begin, come_back
from tests.auth.test_login import ACCOUNT, LOGIN
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.test_costs import costs
from tests.users.test_people import person

OWN = ("/api/users/me", "/api/auth/profile", "/api/leads", "/api/buyers", "/api/dashboard")


@pytest.fixture
def tokens(api: Api) -> dict[str, Any]:
    api.post("/api/auth/register", ACCOUNT)
    return dict(api.post("/api/auth/login", LOGIN).json())


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def forged(token: str, header: dict[str, Any], **claims: Any) -> str:
    """The token with other claims under a header of the attacker's, unsigned."""
    return f"{part(header)}.{part(jwt.decode(token, options={'verify_signature': False}) | claims)}."


def test_a_token_without_signature_opens_nothing(api: Api, tokens: dict[str, Any]) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        token = forged(tokens["accessToken"], {"alg": algorithm, "typ": "JWT"}, roles=["SUPER_ADMIN"])
        assert {api.get(path, as_=token).status_code for path in OWN} == {401}


def test_the_published_key_is_no_shared_secret(api: Api, tokens: dict[str, Any]) -> None:
    """HS/RS mix-up: sign with HMAC, using what the key set publishes as the secret."""
    (key,) = api.get("/.well-known/jwks.json").json()["keys"][:1]
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    public = base64.urlsafe_b64decode(key["x"] + "==")
    for secret in (public, key["x"].encode(), public.hex().encode()):
        for headers in ({"kid": key["kid"]}, {}):
            token = jwt.encode(claims, secret, algorithm="HS256", headers=headers)
            assert api.get("/api/auth/me", as_=token).status_code == 401


def test_a_key_that_the_token_brings_along_is_not_looked_at(api: Api, tokens: dict[str, Any]) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    own = Ed25519PrivateKey.generate()
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    key = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(own.public_key().public_bytes_raw()).decode()}
    for headers in (
        {"jwk": key},
        {"jku": "http://127.0.0.1:1/keys"},
        {"kid": "../../dev/null"},
        {"kid": "' || '1'=='1"},
    ):
        token = jwt.encode(claims, own, algorithm="EdDSA", headers=headers)
        assert api.get("/api/auth/me", as_=token).status_code == 401


def test_a_changed_claim_breaks_the_signature(api: Api, tokens: dict[str, Any]) -> None:
    header, _, signature = tokens["accessToken"].split(".")
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    for change in ({"roles": ["SUPER_ADMIN"]}, {"tenantId": OTHER_TENANT}, {"exp": int(time.time()) + 10**8}):
        token = f"{header}.{part(claims | change)}.{signature}"
        assert api.get("/api/auth/me", as_=token).status_code == 401


def test_an_expired_token_is_out_also_after_it_was_cached(api: Api) -> None:
    # Clocks may differ by five seconds: a token that expired three seconds ago is good for a moment.
    end = int(time.time()) - 3
    token = Caller("admin", claims={"exp": end}).token
    assert api.get("/api/leads", as_=token).status_code == 200
    time.sleep(max(0.0, end + 5.1 - time.time()))
    assert api.get("/api/leads", as_=token).status_code == 401


def test_a_refresh_token_opens_no_route(api: Api, tokens: dict[str, Any]) -> None:
    assert {api.get(path, as_=tokens["refreshToken"]).status_code for path in OWN} == {401}


def test_the_tenant_of_a_token_cannot_be_talked_over(api: Api) -> None:
    outsider = Caller("admin", OTHER_TENANT)
    for headers in ({"HTTP_X_TENANT_ID": TENANT}, {"HTTP_HOST": "acme.crm.test", "HTTP_X_TENANT_ID": TENANT}):
        assert api.get("/api/leads", as_=outsider, **headers).status_code == 403
    victim = person("user")
    for body in ({"tenantId": TENANT}, {"firstName": "X", "tenantId": TENANT}):
        assert api.put(f"/api/users/{victim.user_id}", body, as_=outsider).status_code in (400, 403, 404)
    assert mongo("users")["users"].find_one({"email": victim.email})["firstName"] == "Pat"  # type: ignore[index]


def test_unknown_and_known_accounts_cost_the_same(
    api: Api, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enumeration by timing: the expensive part of a login, one hash, is done for both."""
    counted: Counter[str] = Counter()
    real = hashing.verify_password

    def counting(stored: str, password: str) -> bool:
        counted["hashes"] += 1
        return real(stored, password)

    monkeypatch.setattr("services.auth.passwords.actions.verify_password", counting)
    answers, costs = [], []
    for email in (LOGIN["email"], "nobody@x.test"):
        counted.clear()
        answer = api.post("/api/auth/login", {"email": email, "password": "Wr0ng!password"})
        answers.append((answer.status_code, answer.json()))
        costs.append(counted["hashes"])
    assert answers[0] == answers[1]
    assert costs == [1, 1]


def test_a_failed_login_does_the_same_at_the_database_for_unknown_accounts(api: Api, tokens: dict[str, Any]) -> None:
    done = []
    for email in (LOGIN["email"], "nobody@x.test"):
        with costs("auth") as statements:
            api.post("/api/auth/login", {"email": email, "password": "Wr0ng!password"})
        done.append([(one["op"], one["ns"]) for one in statements])
    assert done[0] == done[1]
    # users hears of both, and makes nothing of the account that does not exist.
    deliver_all()
    assert mongo("users")["inboxevents"].count_documents({"state": {"$ne": "applied"}}) == 0
    assert mongo("users")["useractivities"].count_documents({"userId": None}) == 0


@pytest.mark.parametrize("known", [True, False])
def test_while_old_hashes_are_left_every_wrong_password_costs_both_kinds(
    api: Api, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Enumeration by timing, once more: a bcrypt hash of the old system takes many times as long as one of ours."""
    old = bcrypt.hashpw(b"Old!passw0rd", bcrypt.gensalt(4)).decode()
    mongo("auth")["credentials"].insert_one({"_id": "an old account", "passwordHash": old})
    actions._keeps_old_hashes.cache_clear()
    kinds: list[bool] = []
    real = hashing.verify_password

    def counting(stored: str, password: str) -> bool:
        kinds.append(hashing.is_old(stored))
        return real(stored, password)

    monkeypatch.setattr("services.auth.passwords.actions.verify_password", counting)
    email = LOGIN["email"] if known else "nobody@x.test"
    api.post("/api/auth/login", {"email": email, "password": "Wr0ng!password"})
    actions._keeps_old_hashes.cache_clear()
    assert sorted(kinds) == [False, True]


def test_asking_for_a_reset_does_the_same_for_every_address(
    api: Api, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enumeration by timing: who has the address is for the worker to find out, after the answer."""
    jobs: list[str] = []
    monkeypatch.setattr(api_module, "enqueue", lambda task, *arguments: jobs.append(task.name))
    done = []
    for path in ("/api/auth/forgot-password", "/api/auth/reset-password"):
        for email in (LOGIN["email"], "nobody@x.test"):
            with costs("auth") as statements:
                assert api.post(path, {"email": email}).status_code == 200
            done.append([(one["op"], one["ns"]) for one in statements])
    assert done == [[]] * 4
    assert jobs == ["services.auth.passwords.handle_reset_request"] * 4


def from_address(number: int) -> dict[str, str]:
    return {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"}


def refused(answer: Any) -> bool:
    """Whether the answer is a whole 429."""
    if answer.status_code != 429:
        return False
    body = answer.json()
    assert body["statusCode"] == 429
    assert 0 < body["retryAfter"] <= 3600
    assert answer["Retry-After"] == str(body["retryAfter"])
    return True


def test_accounts_are_not_opened_by_the_thousand(api: Api, settings: Any) -> None:
    settings.REGISTRATIONS = 3
    for number in range(5):
        answer = api.post("/api/auth/register", ACCOUNT | {"email": f"a{number}@x.test"}, **from_address(1))
        assert refused(answer) == (number >= 3)
    assert mongo("auth")["authdirectory"].count_documents({}) == 3
    assert api.post("/api/auth/register", ACCOUNT, **from_address(2)).status_code == 201


def test_one_address_is_not_registered_from_everywhere(api: Api, settings: Any) -> None:
    settings.REGISTRATIONS = 3
    answers = [api.post("/api/auth/register", ACCOUNT, **from_address(number)) for number in range(5)]
    assert [answer.status_code for answer in answers] == [201, 409, 409, 429, 429]
    assert refused(answers[-1])


def test_google_accounts_are_limited_as_others(api: Api, google: Google, settings: Any) -> None:
    settings.REGISTRATIONS = 2
    answers = []
    for number in (1, 2, 3, 1):
        google.profile |= {"sub": f"g-{number}", "email": f"a{number}@x.test"}
        answers.append(api.post("/api/auth/register/google", {"accessToken": "ya29"}))
    assert [answer.status_code for answer in answers] == [201, 201, 429, 201]
    assert refused(answers[2])
    google.profile |= {"sub": "g-4", "email": "a4@x.test"}
    sent = begin(api)
    assert refused(come_back(api, sent["state"]))
    assert refused(api.post("/api/auth/google/callback", {"code": "c", "state": sent["state"]}))


def test_google_is_not_asked_about_guesses_for_ever(api: Api, google: Google, settings: Any) -> None:
    settings.TOKEN_TRIES, google.audience = 2, "somebody-else"
    answers = [api.post("/api/auth/register/google", {"accessToken": f"guess{number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert refused(answers[2])
    assert refused(api.post("/api/auth/google/callback", {"code": "c", "state": begin(api)["state"]}))


def test_no_user_is_mailed_for_ever(api: Api, tokens: dict[str, Any]) -> None:
    answers = [api.post("/api/auth/resend-verification", as_=tokens["token"]) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert refused(answers[3])


def test_verification_tokens_cannot_be_tried_for_ever(api: Api, settings: Any) -> None:
    settings.TOKEN_TRIES = 2
    answers = [api.post("/api/auth/verify-email", {"token": "guess"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert refused(answers[2])


def test_tenants_are_not_founded_by_the_thousand(api: Api, settings: Any) -> None:
    settings.REGISTRATIONS = 2
    body = {"name": "Acme", "subdomain": "acme"}
    assert api.post("/api/tenants", body, as_=Caller("SUPER_ADMIN", None)).status_code == 201
    somebody, another = Caller("user", None), Caller("user", None)
    answers = [api.post("/api/tenants", body, as_=somebody, **from_address(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [409, 409, 429]
    assert refused(answers[2])
    # And by one address, whoever it says it is.
    for number in range(3):
        answer = api.post("/api/tenants", body, as_=Caller("user", None), **from_address(9))
        assert refused(answer) == (number == 2)
    assert api.post("/api/tenants", body, as_=another, **from_address(10)).status_code == 409


@pytest.mark.parametrize("email", [LOGIN["email"], "nobody@x.test"])
def test_asking_for_a_reset_does_not_tell_who_has_an_account(api: Api, tokens: dict[str, Any], email: str) -> None:
    answer = api.post("/api/auth/forgot-password", {"email": email})
    expected = {"message": "If an account with that email exists, a password reset link has been sent."}
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    "extra",
    [
        {"roles": ["admin"]},
        {"role": "SUPER_ADMIN"},
        {"tenantId": TENANT},
        {"status": "active"},
        {"permissions": ["system:settings"]},
        {"emailVerifiedAt": "2024-01-01T00:00:00Z"},
        {"_id": "64f0000000000000000000aa"},
        {"__proto__": {"roles": ["admin"]}},
        {"$set": {"roles": ["admin"]}},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_registration_assigns_nothing_else(api: Api, extra: dict[str, Any]) -> None:
    answer = api.post("/api/auth/register", ACCOUNT | extra)
    assert answer.status_code == 400
    assert answer.json()["message"] == [f"property {next(iter(extra))} should not exist"]
    assert mongo("auth")["authdirectory"].count_documents({}) == 0


def test_the_own_profile_promotes_no_user(api: Api) -> None:
    somebody = person("user")
    before = mongo("users")["users"].find_one({})
    for extra in ({"roles": ["admin"]}, {"permissions": ["system:settings"]}, {"status": "suspended"}):
        for path in ("/api/users/me", "/api/users/me/profile"):
            assert api.put(path, extra, as_=somebody).status_code == 403
    api.put("/api/auth/profile", {"firstName": "Pat", "roles": ["admin"], "tenantId": OTHER_TENANT}, as_=somebody)
    deliver_all()
    after = mongo("users")["users"].find_one({})
    kept = ("roles", "permissions", "status", "tenantId")
    assert [after.get(name) for name in kept] == [before.get(name) for name in kept]  # type: ignore[union-attr]


def test_no_user_climbs_by_editing_roles(api: Api) -> None:
    """Privilege climb: who may write roles gives no more than they have, to no one, by no route."""
    manager, victim = person("manager"), person("user")
    for target in (manager.user_id, victim.user_id):
        for roles in (["admin"], ["SUPER_ADMIN"], ["TENANT_ADMIN"], ["manager", "admin"]):
            assert api.put(f"/api/users/{target}/roles", {"roles": roles}, as_=manager).status_code == 403
            assert api.put(f"/api/users/{target}", {"roles": roles}, as_=manager).status_code == 403
    admin = person("admin")
    assert api.put(f"/api/users/{victim.user_id}/roles", {"roles": ["SUPER_ADMIN"]}, as_=admin).status_code == 403
    stored = {one["email"]: one["roles"] for one in mongo("users")["users"].find({})}
    assert stored == {manager.email: ["manager"], victim.email: ["user"], admin.email: ["admin"]}


def test_a_session_that_another_user_chose_is_not_taken(api: Api) -> None:
    """Session fixation: ids and cookies that come with a login do not become its session."""
    api.post("/api/auth/register", ACCOUNT)
    planted = "64f0000000000000000000aa"
    headers = {"HTTP_COOKIE": f"sessionid={planted}; session={planted}", "HTTP_X_SESSION_ID": planted}
    first, second = (api.post("/api/auth/login", LOGIN, **headers) for _ in range(2))
    sessions = [
        jwt.decode(one.json()["token"], options={"verify_signature": False})["sessionId"] for one in (first, second)
    ]
    assert planted not in sessions
    assert sessions[0] != sessions[1]
    assert not first.cookies


def test_a_leaked_database_gives_no_way_in(api: Api, tokens: dict[str, Any]) -> None:
    """Nothing that is stored can be sent back as a secret."""
    stored = repr([*mongo("auth")["sessions"].find({}), *mongo("auth")["credentials"].find({})])
    assert tokens["refreshToken"] not in stored
    assert tokens["accessToken"] not in stored
    assert LOGIN["password"] not in stored
    for session in mongo("auth")["sessions"].find({}):
        for value in session.values():
            if isinstance(value, str):
                assert api.post("/api/auth/refresh", {"refreshToken": value}).status_code == 401
