"""Google sign-in, with Google mocked at its HTTP edge."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.auth.google import client
from tests.auth.conftest import PROFILE, Google
from tests.conftest import Api


def begin(api: Api, path: str = "/api/auth/google") -> dict[str, str]:
    """Start as a browser would; the client keeps the cookie."""
    answer = api.get(path)
    assert answer.status_code == 302
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == client.AUTHORIZE_URL
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def come_back(api: Api, state: str, code: str = "c0de") -> Any:
    return api.get(f"/api/auth/google/callback?code={code}&state={state}")


def test_a_newcomer_gets_an_account_and_a_session(api: Api, google: Google) -> None:
    sent = begin(api)
    assert (sent["response_type"], sent["client_id"], sent["scope"]) == ("code", "our-client", "email profile")
    assert sent["code_challenge_method"] == "S256"
    answer = come_back(api, sent["state"])
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["success"], body["message"]) == (True, "Google OAuth registration successful")
    assert body["data"]["user"]["email"] == "ann@gmail.test"
    assert body["data"]["user"]["picture"] == PROFILE["picture"]
    deliver_all()
    person = api.get("/api/users/me", as_=body["data"]["token"]).json()["data"]["user"]
    assert (person["googleId"], person["status"], person["roles"]) == ("g-123", "active", ["user"])
    assert "tenantId" not in person


def test_the_code_is_exchanged_with_the_proof_of_who_began(api: Api, google: Google) -> None:
    import base64
    import hashlib

    sent = begin(api)
    come_back(api, sent["state"])
    form = parse_qs(google.token.calls[0].request.content.decode())
    digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == sent["code_challenge"]


def test_google_proves_the_address_that_it_knows_and_no_other(api: Api, google: Google) -> None:
    """The account has another address by now, which nobody has proven."""
    come_back(api, begin(api)["state"])
    change = {"email": "boss@acme.test", "emailKey": "boss@acme.test", "emailVerifiedAt": None, "status": "pending"}
    mongo("auth")["authdirectory"].update_one({}, {"$set": change})
    assert come_back(api, begin(api)["state"]).status_code == 200
    person = mongo("auth")["authdirectory"].find_one({}) or {}
    assert (person["emailVerifiedAt"], person["status"]) == (None, "pending")


def test_the_same_person_comes_back_as_the_same_account(api: Api, google: Google) -> None:
    first = come_back(api, begin(api)["state"]).json()["data"]["user"]["id"]
    deliver_all()
    google.profile["email"] = "ann.new@gmail.test"
    assert come_back(api, begin(api)["state"]).json()["data"]["user"]["id"] == first


def test_a_verified_address_is_linked_to_its_account(api: Api, google: Google) -> None:
    account = {"email": "ann@gmail.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee"}
    user_id = api.post("/api/auth/register", account).json()["user"]["id"]
    deliver_all()
    body = come_back(api, begin(api)["state"]).json()
    assert body["data"]["user"]["id"] == user_id
    deliver_all()
    stored = mongo("users")["users"].find_one({"email": "ann@gmail.test"})
    assert stored and (stored["googleId"], stored["picture"]) == ("g-123", PROFILE["picture"])
    assert mongo("auth")["authdirectory"].find_one({"_id": user_id})["googleId"] == "g-123"  # type: ignore[index]


@pytest.mark.parametrize("known", [True, False])
def test_an_unverified_address_proves_nothing(api: Api, google: Google, known: bool) -> None:
    if known:
        account = {"email": "ann@gmail.test", "password": "Str0ng!pass", "firstName": "Ann", "lastName": "Lee"}
        api.post("/api/auth/register", account)
    google.profile["email_verified"] = False
    answer = come_back(api, begin(api)["state"])
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "message": "Google OAuth registration failed",
        "error": "Failed to register user: Google has not verified the e-mail address",
    }


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_who_was_shut_out_stays_out(api: Api, google: Google, status: str) -> None:
    come_back(api, begin(api)["state"])
    deliver_all()
    mongo("auth")["authdirectory"].update_many({}, {"$set": {"status": status}})
    answer = come_back(api, begin(api)["state"])
    assert (answer.status_code, answer.json()["message"]) == (401, f"User account is {status}")


def test_a_sign_in_that_another_browser_began_is_refused(api: Api, google: Google) -> None:
    foreign = begin(api)["state"]
    begin(api)
    assert come_back(api, foreign).status_code == 401
    assert come_back(Api(), foreign).json() == {"message": "Unauthorized", "statusCode": 401}
    assert come_back(api, "made-up").status_code == 401
    assert mongo("auth")["authdirectory"].count_documents({}) == 0


def test_googles_refusal_is_a_plain_401(api: Api, google: Google) -> None:
    answer = api.get("/api/auth/google/callback?error=access_denied")
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized", "statusCode": 401})
    google.code_status = 400
    assert come_back(api, begin(api)["state"]).status_code == 401


def test_without_code_the_browser_goes_to_google_again(api: Api, google: Google) -> None:
    begin(api, "/api/auth/google/callback")
    begin(api, "/api/auth/register/google")


def test_google_out_of_reach_is_no_500(api: Api, google: Google) -> None:
    state = begin(api)["state"]
    google.token.mock(side_effect=httpx.ConnectError("no route"))
    assert come_back(api, state).status_code == 401


def test_a_name_that_is_missing_fails_as_before(api: Api, google: Google) -> None:
    del google.profile["family_name"]
    answer = come_back(api, begin(api)["state"])
    assert answer.json()["error"] == "Failed to register user: Last name must be between 1 and 50 characters"


def test_the_front_ends_page_posts_the_code(api: Api, google: Google) -> None:
    sent = begin(api)
    answer = api.post("/api/auth/google/callback", {"code": "c", "state": sent["state"]})
    assert answer.status_code == 201
    assert {"user", "token", "accessToken", "refreshToken", "expiresIn"} <= answer.json().keys()
    assert api.post("/api/auth/google/callback", {"code": "c"}).status_code == 400


def test_registering_with_an_access_token(api: Api, google: Google) -> None:
    body = {"accessToken": "ya29", "tenantId": "64b000000000000000000001"}
    answer = api.post("/api/auth/register/google", body)
    assert answer.status_code == 201
    assert answer.json()["message"] == "User registered successfully"
    deliver_all()
    assert mongo("users")["users"].find_one({})["tenantId"] is None  # type: ignore[index]


def test_a_token_that_was_made_for_another_application_is_refused(api: Api, google: Google) -> None:
    google.audience = "another-application"
    answer = api.post("/api/auth/register/google", {"accessToken": "ya29"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Registration failed: Invalid Google token")
    answer = api.post("/api/auth/register/google", {})
    assert answer.json()["message"] == "Registration failed: Google access token is required"


REQUIRED, INVALID = "Google access token is required", "Invalid Google token"


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        *[(token, REQUIRED) for token in (None, "", 0, False)],
        *[(token, INVALID) for token in (5, True, [], ["ya29"], {"a": 1}, "x" * 4001)],
    ],
)
def test_a_token_that_is_no_text_is_refused_as_the_old_system_did(
    api: Api, google: Google, token: Any, cause: str
) -> None:
    answer = api.post("/api/auth/register/google", {"accessToken": token, "tenantId": 5, "other": 1})
    assert (answer.status_code, answer.json()["message"]) == (400, f"Registration failed: {cause}")


def test_without_configuration_it_says_so(api: Api) -> None:
    answer = api.get("/api/auth/google")
    assert (answer.status_code, answer.json()["message"]) == (503, "Google sign-in is not configured")
