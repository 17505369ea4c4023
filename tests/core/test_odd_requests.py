"""Requests that nobody's front end sends on purpose: they get an answer of ours, never a server error."""

import pytest

from tests.conftest import Api, Caller
from tests.system.platform import lead_body


@pytest.mark.parametrize("path", ["/api/leads/%0A", "/api/leads%0A", "/api/leads/stats%0A"])
def test_a_line_break_ends_no_path(api: Api, path: str) -> None:
    assert api.get(path, as_=Caller()).status_code == 404


def test_a_line_break_ends_no_value(api: Api) -> None:
    boss = Caller()
    for path, body in (
        ("/api/users", {"email": "a@x.test\n", "firstName": "A", "lastName": "B"}),
        ("/api/tenants", {"name": "New", "subdomain": "newone\n"}),
    ):
        assert api.post(path, body, as_=boss if "users" in path else Caller("user", None)).status_code == 400, path


@pytest.mark.parametrize("digits", ["²", "٣", "9" * 5000])
def test_other_digits_are_no_numbers(api: Api, digits: str) -> None:
    assert api.get(f"/api/buyers?page={digits}&limit={digits}", as_=Caller()).status_code in (200, 400)
    assert api.get(f"/api/buyers/search?q=a&limit={digits}", as_=Caller()).status_code < 500
    caller = Caller()
    lead = api.post("/api/leads", lead_body(caller.user_id), as_=caller).json()["leadId"]
    changed = api.put(f"/api/leads/{lead}", {"notes": "x"}, as_=Caller(), HTTP_IF_MATCH=digits)
    assert changed.status_code == 400
