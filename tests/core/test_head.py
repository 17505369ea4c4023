"""HEAD is answered wherever GET is, with GET's status and headers (RFC 9110 §9.3.2)."""

import pytest

from tests.conftest import Api, Caller
from tests.system.platform import lead_body

BOSS = Caller()
VARYING = ("x-request-id", "content-disposition", "expires")


@pytest.mark.parametrize(
    "path",
    [
        "/api/leads",
        "/api/leads/stats",
        "/api/leads/nobody",
        "/api/leads?nonsense=1",
        "/api/buyers",
        "/api/users/me",
        "/api/auth/validate-invitation/x",
        "/api/dashboard",
        "/api/leads/import-export/template",
        "/api/leads/import-export/export",
        "/api/nobody",
        "/api/docs",
        "/health/live",
        "/api/schema/leads",
        "/.well-known/jwks.json",
        "/admin/monolith/login/",
    ],
)
def test_head_is_get_without_body(api: Api, path: str) -> None:
    api.post("/api/leads", lead_body(BOSS.user_id), as_=BOSS)
    shown, asked = api.get(path, as_=BOSS), api.request("HEAD", path, as_=BOSS)
    assert asked.status_code == shown.status_code
    assert _headers(asked) == _headers(shown)
    assert not b"".join(asked) if asked.streaming else not asked.content


def _headers(answer: object) -> dict[str, str]:
    headers = {name.lower(): value for name, value in answer.headers.items()}  # type: ignore[attr-defined]
    return {name: value for name, value in headers.items() if name not in VARYING and "cookie" not in name}


def test_head_counts_no_length_where_get_has_none(api: Api) -> None:
    api.post("/api/leads", lead_body(BOSS.user_id), as_=BOSS)
    answer = api.request("HEAD", "/api/leads/import-export/export", as_=BOSS)
    assert "Content-Length" not in answer.headers
    assert int(api.request("HEAD", "/api/leads", as_=BOSS).headers["Content-Length"]) > 100


def test_head_is_no_way_in(api: Api) -> None:
    assert api.request("HEAD", "/api/leads").status_code == 401
    assert (
        api.request("HEAD", "/api/users", as_=Caller("viewer")).status_code
        == api.get("/api/users", as_=Caller("viewer")).status_code
    )
    assert api.request("HEAD", "/api/auth/login").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/leads", "GET, POST, HEAD, OPTIONS"),
        ("/api/auth/login", "POST, OPTIONS"),
        ("/api/leads/stats", "GET, HEAD, OPTIONS"),
    ],
)
def test_allow_names_what_there_is(api: Api, path: str, allowed: str) -> None:
    answer = api.request("OPTIONS", path)
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", allowed)
