"""Exchanges recorded from the old system that need no data, answered by ours."""

from typing import Any

import pytest
from django.conf import settings

from tests.conftest import Api
from tests.contract.recorded import Actors, Exchange, differences, groups
from tests.leads.test_recorded import send

# Members that our answers have in addition (contract/differences.md).
_ADDED = {
    "firstName",
    "lastName",
    "picture",
    "settings",
    "status",
    "valid",
    "user",
    "token",
    "id",
    "email",
    "tenantId",
    "roles",
}
# Somebody the old guard did not find: here a token of an unknown person is good until an event says otherwise.
_DIFFERENT = {"suspended user", "inactive user", "unknown user", "testRole query rejected by whitelist"}


@pytest.mark.parametrize("group", ["auth/tokens", "auth/subjects"])
def test_tokens(api: Api, group: str) -> None:
    check(api, dict(groups("auth"))[group])


@pytest.mark.parametrize("group", ["testmode/status-login"])
def test_test_mode(api: Api, settings: Any, group: str) -> None:
    settings.TEST_MODE = True
    check(api, dict(groups("testmode", variant="testmode"))[group])


def test_without_token_test_mode_names_somebody(api: Api, settings: Any) -> None:
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


def check(api: Api, group: list[Exchange]) -> None:
    actors, known, faults = Actors(settings.JWT_SECRET), {}, []
    for exchange in group:
        answer = send(api, actors, exchange, known)
        if exchange["name"] in _DIFFERENT:
            continue
        expected = exchange["response"]
        body = reduced(answer.json(), expected["body"])
        found = [
            *differences(expected["status"], answer.status_code, known),
            *differences(expected["body"], body, known),
        ]
        faults += [f"{exchange['name']}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def reduced(body: Any, expected: Any) -> Any:
    """Return `body` without the additions that `expected` does not have."""
    if not isinstance(body, dict) or not isinstance(expected, dict):
        return body
    kept = {name: value for name, value in body.items() if name in expected or name not in _ADDED}
    return {name: reduced(value, expected.get(name)) for name, value in kept.items()}
