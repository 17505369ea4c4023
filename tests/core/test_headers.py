"""The headers of every answer to a caller with a tenant (users-rules §5)."""

import pytest

from tests.conftest import TENANT, Api, Caller


@pytest.mark.parametrize(
    ("name", "shown"), [("Acme Homes", "Acme Homes"), ("Acmé\r\nX-Evil: 1\x00 ", "AcmX-Evil: 1"), ("\x01 \u00e9", None)]
)
def test_the_tenants_name_is_shown_as_far_as_a_header_can(api: Api, name: str, shown: str | None) -> None:
    answer = api.get("/api/leads", as_=Caller(claims={"tenantName": name}))
    assert answer.status_code == 200
    assert answer.headers["X-Tenant-ID"] == TENANT
    assert answer.headers.get("X-Tenant-Name") == shown
