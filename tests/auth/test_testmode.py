"""Test mode: identities without a token, and nothing of it when it is off."""

from typing import Any

from tests.conftest import Api


def test_without_token_test_mode_names_a_user(api: Api, settings: Any) -> None:
    settings.TEST_MODE = True
    for headers, role in (({}, "admin"), ({"HTTP_X_TEST_ROLE": "acquisitions"}, "acquisitions")):
        user = api.get("/api/auth/profile", **headers).json()["data"]["user"]
        assert (user["id"], user["roles"]) == (f"test-{role}-001", [role])


def test_a_test_token_is_worth_nothing_when_test_mode_is_off(api: Api, settings: Any) -> None:
    settings.TEST_MODE = True
    token = api.post("/api/auth/test-mode/login").json()["token"]
    assert api.get("/api/auth/profile", as_=token).status_code == 200
    settings.TEST_MODE = False
    answer = api.get("/api/auth/profile", as_=token)
    assert (answer.status_code, answer.json()["message"]) == (401, "Token validation failed")
    assert api.post("/api/auth/test-mode/login").json()["message"] == "Test mode is not enabled"
