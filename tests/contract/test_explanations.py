"""Rules that explain differences explain no more than they say."""

from typing import Any

import pytest

from gateway.shadow.explanations import Explanation, Judge
from tests.contract.recorded import asked_of, differences

TENANT_HEADER = Explanation("*", "why", old=(200,), new=(403,), header="x-tenant-id", says="no access")
LOWERED = Explanation("POST /api/users", "why", member="*.email", kind="lowered")


def left(rule: Explanation, old: Any, new: Any, **request: Any) -> list[str]:
    sent = {"method": "POST", "path": "/api/users", "headers": {}, "body": None} | request
    return [str(one) for one in Judge([rule]).unexplained(asked_of(sent), list(differences(old, new, {})))]


@pytest.mark.parametrize(
    ("request_", "message", "explained"),
    [
        ({"headers": {"x-tenant-id": "a"}}, "You have no access", True),
        ({"headers": {"x-tenant-id": "a"}}, ["no access", "b"], True),
        ({"headers": {"x-tenant-id": "a"}}, "Forbidden resource", False),
        ({"headers": {}}, "You have no access", False),
    ],
)
def test_a_status_is_explained_by_header_and_message(request_: Any, message: Any, explained: bool) -> None:
    found = [*differences(200, 403, {}, "status"), *differences({"a": 1}, {"message": message}, {})]
    sent = {"method": "GET", "path": "/api/leads", "body": None} | request_
    assert (not Judge([TENANT_HEADER]).unexplained(asked_of(sent), found)) is explained


def test_only_lower_case_explains_a_lowered_member() -> None:
    assert not left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {"email": "a@b.cd"}})
    assert left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {"email": "x@b.cd"}})
    assert left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {}})
