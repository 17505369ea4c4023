"""Changing the kind of tokens that auth signs, while people are logged in."""

from io import StringIO
from typing import Any

import jwt
import pytest
from django.core.management import CommandError, call_command

from services.auth.tokens.issuer import change_issuer, issued_kind
from tests.auth.test_login import ACCOUNT, LOGIN
from tests.conftest import Api, forget


def kind_of(token: str) -> str:
    return {"HS256": "legacy", "EdDSA": "jwks"}[jwt.get_unverified_header(token)["alg"]]


@pytest.mark.parametrize(("before", "after"), [("jwks", "legacy"), ("legacy", "jwks")])
def test_changing_the_issuer_logs_nobody_out(api: Api, settings: Any, before: str, after: str) -> None:
    settings.JWT_ISSUE = before
    api.post("/api/auth/register", ACCOUNT)
    given = api.post("/api/auth/login", LOGIN).json()
    assert kind_of(given["accessToken"]) == before
    change_issuer(after, reason="a test", author="me")
    forget()
    # The token of before, and the session with its refresh token, go on; what is new is of the new kind.
    assert api.get("/api/auth/me", as_=given["accessToken"]).status_code == 200
    renewed = api.post("/api/auth/refresh", {"refreshToken": given["refreshToken"]}).json()
    exchanged = api.post("/api/auth/refresh", {}, as_=given["accessToken"]).json()
    again = api.post("/api/auth/login", LOGIN).json()
    assert {kind_of(one["accessToken"]) for one in (renewed, exchanged, again)} == {after}
    change_issuer(before, reason="and back", author="me")
    back = api.post("/api/auth/refresh", {"refreshToken": renewed["refreshToken"]}).json()
    assert kind_of(back["accessToken"]) == before
    for token in (given, renewed, exchanged, again, back):
        for path in ("/api/auth/me", "/api/users/me"):
            assert api.get(path, as_=token["accessToken"]).status_code == 200, path
    # One session of the first login all the time, one of the second.
    sessions = {
        jwt.decode(one["accessToken"], options={"verify_signature": False})["sessionId"] for one in (given, back)
    }
    assert len(sessions) == 1


def test_a_legacy_token_is_one_that_the_old_system_verifies(api: Api, settings: Any) -> None:
    change_issuer("legacy", reason="a test", author="me")
    api.post("/api/auth/register", ACCOUNT)
    token = api.post("/api/auth/login", LOGIN).json()["accessToken"]
    claims = jwt.decode(token, settings.JWT_SECRET, algorithms=["HS256"], options={"verify_aud": False})
    assert {"sub", "email", "roles", "status"} <= claims.keys()


def test_the_command_shows_and_changes(api: Api, settings: Any) -> None:
    def run(*words: str) -> str:
        told = StringIO()
        call_command("issuer", *words, stdout=told)
        return told.getvalue()

    assert "its own keys" in run()
    assert "both sides take them" in run("legacy", "--reason", "the old system still answers", "--author", "ann")
    assert "legacy, ann: the old system still answers" in run()
    assert issued_kind() == "legacy"
    with pytest.raises(CommandError, match="Say why"):
        run("service")
    settings.JWT_ACCEPT = ("legacy",)
    with pytest.raises(CommandError, match="no service would take"):
        run("service", "--reason", "x")
    assert issued_kind() == "legacy"
