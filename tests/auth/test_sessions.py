"""Sessions: rotation, theft, logout, key rotation."""

import threading
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.management import call_command

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from core.identity.tokens import sign_legacy
from services.auth.tokens.keys import add_key, retire_old_keys, signing_key
from tests.auth.test_login import ACCOUNT, LOGIN
from tests.conftest import Api, Caller, forget


@pytest.fixture
def tokens(api: Api) -> dict[str, Any]:
    api.post("/api/auth/register", ACCOUNT)
    return dict(api.post("/api/auth/login", LOGIN).json())


def refresh(api: Api, token: str) -> Any:
    return api.post("/api/auth/refresh", {"refreshToken": token})


def test_a_refresh_token_works_once_and_gives_the_next(api: Api, tokens: dict[str, Any]) -> None:
    renewed = refresh(api, tokens["refreshToken"])
    assert renewed.status_code == 200
    body = renewed.json()
    assert body["data"]["token"] == body["token"] == body["accessToken"]
    assert body["refreshToken"] != tokens["refreshToken"]
    assert body["user"]["email"] == "ann@x.test"
    assert refresh(api, body["refreshToken"]).status_code == 200


@pytest.mark.parametrize("token", [5, True, ["x"], {"a": 1}])
def test_a_refresh_token_that_is_no_text_is_no_token(api: Api, tokens: dict[str, Any], token: Any) -> None:
    answer = api.post("/api/auth/refresh", {"refreshToken": token}, as_=tokens["token"])
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid refresh token")


def test_a_spent_token_ends_the_whole_session(api: Api, tokens: dict[str, Any]) -> None:
    renewed = refresh(api, tokens["refreshToken"]).json()
    mongo("auth")["sessions"].update_many({}, {"$set": {"rotatedAt": now() - timedelta(minutes=1)}})
    assert refresh(api, tokens["refreshToken"]).status_code == 401
    assert refresh(api, renewed["refreshToken"]).status_code == 401
    assert api.get("/api/auth/me", as_=renewed["token"]).status_code == 401
    assert mongo("auth")["outboxevents"].count_documents({"name": "session.revoked"}) == 1


def test_a_session_that_is_over_renews_nothing(api: Api, tokens: dict[str, Any]) -> None:
    mongo("auth")["sessions"].update_many({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    assert refresh(api, tokens["refreshToken"]).status_code == 401


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_who_is_shut_out_renews_nothing_while_their_session_is_not_ended_yet(
    api: Api, tokens: dict[str, Any], status: str
) -> None:
    mongo("auth")["authdirectory"].update_many({}, {"$set": {"status": status}})
    assert refresh(api, tokens["refreshToken"]).status_code == 401
    assert api.post("/api/auth/refresh", as_=tokens["token"]).status_code == 401


def test_two_tabs_at_once_lose_nothing_but_the_second_try(api: Api, tokens: dict[str, Any]) -> None:
    codes: list[int] = []

    def renew() -> None:
        codes.append(refresh(Api(), tokens["refreshToken"]).status_code)

    threads = [threading.Thread(target=renew) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7
    assert mongo("auth")["sessions"].count_documents({"isActive": True}) == 1


def test_an_access_token_renews_itself_inside_its_session(api: Api, tokens: dict[str, Any]) -> None:
    answer = api.post("/api/auth/refresh", as_=tokens["token"])
    assert answer.status_code == 200
    assert "refreshToken" not in answer.json()
    assert mongo("auth")["sessions"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [({}, "No token provided"), ({"refreshToken": "x" * 64}, "Invalid refresh token")],
)
def test_nothing_is_renewed_without_a_good_token(api: Api, tokens: dict[str, Any], body: Any, message: str) -> None:
    answer = api.post("/api/auth/refresh", body)
    assert answer.status_code == 401
    assert answer.json() == {"message": message, "error": "Unauthorized", "statusCode": 401}


def test_refresh_tokens_are_not_stored(api: Api, tokens: dict[str, Any]) -> None:
    refresh(api, tokens["refreshToken"])
    assert tokens["refreshToken"] not in str(list(mongo("auth")["sessions"].find()))


def test_logging_out_ends_this_session_only(api: Api, tokens: dict[str, Any]) -> None:
    other = api.post("/api/auth/login", LOGIN).json()
    assert api.post("/api/auth/logout", as_=tokens["token"]).json() == {"success": True, "message": "Logout successful"}
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 401
    assert refresh(api, tokens["refreshToken"]).status_code == 401
    assert api.get("/api/auth/me", as_=other["token"]).status_code == 200


def test_logging_out_everywhere(api: Api, tokens: dict[str, Any]) -> None:
    other = api.post("/api/auth/login", LOGIN).json()
    assert api.post("/api/auth/logout/all", as_=tokens["token"]).status_code == 200
    for token in (tokens["token"], other["token"]):
        assert api.get("/api/auth/me", as_=token).status_code == 401


def test_own_sessions_are_listed_and_ended(api: Api, tokens: dict[str, Any]) -> None:
    other = api.post("/api/auth/login", LOGIN, HTTP_USER_AGENT="A Mobile thing").json()
    sessions = api.get("/api/auth/sessions", as_=tokens["token"]).json()
    assert [(entry["device"], entry["current"]) for entry in sessions] == [("Mobile", False), ("Unknown", True)]
    path = f"/api/auth/sessions/{sessions[0]['id']}"
    assert api.delete(path, as_=tokens["token"]).status_code == 200
    assert api.get("/api/auth/me", as_=other["token"]).status_code == 401
    assert api.delete(path, as_=tokens["token"]).status_code == 404
    assert api.delete("/api/auth/sessions/xyz", as_=tokens["token"]).status_code == 404


def test_no_user_ends_anothers_session(api: Api, tokens: dict[str, Any]) -> None:
    stranger = {"email": "eve@x.test", "password": ACCOUNT["password"]}
    api.post("/api/auth/register", ACCOUNT | stranger)
    eve = api.post("/api/auth/login", stranger).json()["token"]
    (session,) = api.get("/api/auth/sessions", as_=tokens["token"]).json()
    assert api.delete(f"/api/auth/sessions/{session['id']}", as_=eve).status_code == 404
    api.post("/api/auth/logout/all", as_=eve)
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 200
    assert refresh(api, tokens["refreshToken"]).status_code == 200


def test_a_new_password_ends_every_session(api: Api, tokens: dict[str, Any]) -> None:
    body = {"currentPassword": "Str0ng!pass", "newPassword": "N3w!password"}
    wrong = api.post("/api/auth/change-password", body | {"currentPassword": "no"}, as_=tokens["token"])
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Current password is incorrect")
    assert api.post("/api/auth/change-password", body, as_=tokens["token"]).status_code == 200
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 401
    assert api.post("/api/auth/login", LOGIN).status_code == 401
    assert api.post("/api/auth/login", LOGIN | {"password": "N3w!password"}).status_code == 200


def test_rotating_keys_logs_no_user_out(api: Api, tokens: dict[str, Any]) -> None:
    old, _ = signing_key()
    add_key(at_once=True)
    retire_old_keys()
    new, _ = signing_key()
    assert old != new
    assert {key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]} == {old, new}
    forget()
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 200
    assert api.post("/api/auth/login", LOGIN).status_code == 200


def test_a_leaked_key_is_worth_nothing_at_once_in_every_service(api: Api, tokens: dict[str, Any]) -> None:
    old, private = signing_key()
    waiting = add_key(at_once=False)
    claims = jwt.decode(tokens["token"], options={"verify_signature": False})
    forged = jwt.encode({**claims, "exp": claims["exp"] + 10**8}, private, algorithm="EdDSA", headers={"kid": old})
    assert api.get("/api/auth/me", as_=forged).status_code == 200
    call_command("rotate_keys", "--now")
    new, _ = signing_key()
    assert {key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]} == {new}
    # Both were verified before, and are remembered here.
    assert {api.get("/api/auth/me", as_=token).status_code for token in (tokens["token"], forged)} == {401}
    # What a service finds when it starts, or comes back, or has had in its own copy all the while.
    deliver_all()
    for service in settings.SERVICES:
        entries = mongo(service)["accessentries"]
        assert {entry["_id"] for entry in entries.find({"_id": {"$regex": "^key:"}})} == {
            f"key:{old}",
            f"key:{waiting}",
        }
        assert [key["kid"] for key in entries.find_one({"_id": "jwks"})["keys"]] == [new]  # type: ignore[index]
    forget()
    assert {api.get("/api/leads", as_=token).status_code for token in (tokens["token"], forged)} == {401}
    # Nobody has to log in again who has a refresh token.
    renewed = refresh(api, tokens["refreshToken"]).json()["token"]
    assert api.get("/api/auth/me", as_=renewed).status_code == 200


def test_a_service_that_was_away_hears_of_a_leaked_key_when_it_is_back(api: Api, tokens: dict[str, Any]) -> None:
    old, _ = signing_key()
    call_command("rotate_keys", "--now")
    (event,) = mongo("auth")["outboxevents"].find({"name": "keys.revoked"})
    assert sorted(event["pending"]) == sorted(settings.SERVICES)
    deliver_all()
    assert mongo("leads")["accessentries"].find_one({"_id": f"key:{old}"})


def old_token(account: dict[str, Any], age: int, **claims: Any) -> str:
    """A token of the old system, which has neither session nor id, for a person of ours."""
    moment = int(time.time())
    person = {"sub": account["id"], "email": account["email"], "roles": ["user"], "status": "active"}
    return sign_legacy({**person, "iat": moment - age, "exp": moment + 3600, **claims})


def test_logging_out_ends_an_old_token_everywhere(api: Api, tokens: dict[str, Any]) -> None:
    for claims in ({}, {"jti": "j1"}):
        ended, other = old_token(tokens["user"], 30, **claims), old_token(tokens["user"], 20)
        assert api.post("/api/auth/logout", as_=ended).status_code == 200
        assert api.get("/api/auth/me", as_=ended).status_code == 401
        assert api.post("/api/auth/refresh", as_=ended).status_code == 401
        assert api.get("/api/auth/me", as_=other).status_code == 200
    deliver_all()
    for service in settings.SERVICES:
        entries = list(mongo(service)["accessentries"].find({"_id": {"$regex": "^token:"}}))
        assert len(entries) == 2
        assert all(now() < entry["expiresAt"] < now() + timedelta(hours=2) for entry in entries)


def test_an_old_token_ends_with_the_session_that_it_was_exchanged_for(api: Api, tokens: dict[str, Any]) -> None:
    old = old_token(tokens["user"], 30)
    session = api.post("/api/auth/refresh", as_=old).json()["token"]
    assert api.get("/api/auth/me", as_=old).status_code == 200
    api.post("/api/auth/logout", as_=session)
    assert api.get("/api/auth/me", as_=old).status_code == 401


def test_all_old_tokens_of_a_person_end_with_all_their_sessions(api: Api, tokens: dict[str, Any]) -> None:
    old, other = [old_token(tokens["user"], age) for age in (30, 3000)], Caller("admin")
    assert api.get("/api/auth/me", as_=old[0]).status_code == 200
    api.post("/api/auth/logout/all", as_=tokens["token"])
    assert {api.get("/api/auth/me", as_=token).status_code for token in old} == {401}
    assert api.get("/api/auth/me", as_=other).status_code == 200
    deliver_all()
    for service in settings.SERVICES:
        assert mongo(service)["accessentries"].count_documents({"_id": f"tokens:{tokens['user']['id']}"}) == 1


def test_a_new_password_ends_old_tokens(api: Api, tokens: dict[str, Any]) -> None:
    old = old_token(tokens["user"], 30)
    body = {"currentPassword": "Str0ng!pass", "newPassword": "N3w!password"}
    assert api.post("/api/auth/change-password", body, as_=old).status_code == 200
    assert api.get("/api/auth/me", as_=old).status_code == 401
    forget()
    assert api.get("/api/auth/me", as_=old).status_code == 401


def test_a_new_key_is_published_before_it_signs(api: Api, tokens: dict[str, Any]) -> None:
    old, _ = signing_key()
    new = add_key(at_once=False)
    assert signing_key()[0] == old
    assert new in {key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]}


def test_private_keys_are_not_stored_in_clear(api: Api, tokens: dict[str, Any]) -> None:
    _, private = signing_key()
    stored = mongo("auth")["signingkeys"].find_one({})
    assert stored is not None
    assert private.private_bytes_raw() not in stored["private"]
    assert b"gAAAA" in bytes(stored["private"])


def test_the_front_end_can_ask_how_long_the_session_lasts(api: Api, tokens: dict[str, Any]) -> None:
    for method in ("GET", "POST"):
        body = api.request(method, "/api/auth/session/timeout", as_=tokens["token"]).json()
        assert 7 * 86_400 - 60 < body["timeRemaining"] <= 7 * 86_400
        assert (body["isExpiringSoon"], body["valid"]) == (False, True)
    soon = now() + timedelta(seconds=100)
    mongo("auth")["sessions"].update_many({}, {"$set": {"expiresAt": soon}})
    assert api.get("/api/auth/session/timeout", as_=tokens["token"]).json()["isExpiringSoon"] is True


def test_a_session_is_extended_but_not_for_ever(api: Api, tokens: dict[str, Any]) -> None:
    sessions = mongo("auth")["sessions"]
    sessions.update_many({}, {"$set": {"expiresAt": now() + timedelta(seconds=100)}})
    left = api.post("/api/auth/session/extend", as_=tokens["token"]).json()["timeRemaining"]
    assert left > 7 * 86_400 - 60
    begun, end = now() - timedelta(days=29), now() + timedelta(seconds=100)
    sessions.update_many({}, {"$set": {"createdAt": begun, "expiresAt": end}})
    left = api.post("/api/auth/session/extend", as_=tokens["token"]).json()["timeRemaining"]
    assert 86_000 < left <= 86_400
    sessions.update_many({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    assert api.post("/api/auth/session/extend", as_=tokens["token"]).status_code == 401


def test_a_token_of_the_old_system_lasts_as_long_as_itself(api: Api, admin: Caller) -> None:
    for method, path in (("GET", "timeout"), ("POST", "extend")):
        body = api.request(method, f"/api/auth/session/{path}", as_=admin).json()
        assert 3_500 < body["timeRemaining"] <= 3_600


def test_the_oldest_session_makes_room_for_a_fourth(api: Api, tokens: dict[str, Any]) -> None:
    later = [api.post("/api/auth/login", LOGIN).json()["token"] for _ in range(3)]
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 401
    assert all(api.get("/api/auth/me", as_=token).status_code == 200 for token in later)
    assert len(api.get("/api/auth/sessions", as_=later[0]).json()) == 3


def test_the_oldest_session_of_an_administrator_makes_room_for_an_eleventh(api: Api, tokens: dict[str, Any]) -> None:
    mongo("auth")["authdirectory"].update_many({}, {"$set": {"roles": ["admin"]}})
    later = [api.post("/api/auth/login", LOGIN).json()["token"] for _ in range(9)]
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 200
    later.append(api.post("/api/auth/login", LOGIN).json()["token"])
    assert api.get("/api/auth/me", as_=tokens["token"]).status_code == 401
    assert all(api.get("/api/auth/me", as_=token).status_code == 200 for token in later)


def test_the_own_profile_is_changed_at_once_and_reaches_users(api: Api, tokens: dict[str, Any]) -> None:
    changes = {"firstName": "Anna", "settings": {"theme": "dark"}, "roles": ["admin"], "email": "x@x.test"}
    answer = api.post("/api/auth/profile", changes, as_=tokens["token"])
    assert answer.status_code == 200
    assert answer.json()["data"]["firstName"] == "Anna"
    assert api.put("/api/auth/profile", {"lastName": "Lind"}, as_=tokens["token"]).json()["fullName"] == "Anna Lind"
    deliver_all()
    person = mongo("users")["users"].find_one({})
    assert person
    assert (person["firstName"], person["lastName"], person["settings"]) == ("Anna", "Lind", {"theme": "dark"})
    assert (person["roles"], person["email"]) == (["user"], "ann@x.test")
    seen = api.get("/api/auth/profile", as_=tokens["token"]).json()["data"]
    assert (seen["firstName"], seen["lastName"], seen["settings"]) == ("Anna", "Lind", {"theme": "dark"})


@pytest.mark.parametrize("body", [{"firstName": ""}, {"firstName": "x" * 51}, {"settings": []}, {"picture": 5}])
def test_a_bad_profile_is_refused(api: Api, tokens: dict[str, Any], body: Any) -> None:
    assert api.put("/api/auth/profile", body, as_=tokens["token"]).status_code == 400
