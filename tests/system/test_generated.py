"""Generated requests, good and bad, from the contract files against the running services: no server error, no answer that its
schema forbids."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.contract.declared import FOLDER, Operation, faults, operations
from tests.contract.observed import COMPLETE
from tests.system.platform import Platform

pytestmark = pytest.mark.timeout(300)
_EXAMPLES = 15
# Without a client id they answer 503 by design, with one they would ask Google: tests/auth/test_google.py has them.
_GOOGLES = {"GET /api/auth/google", "GET /api/auth/google/callback", "POST /api/auth/register/google"}
OPERATIONS = [
    one for one in operations() if one.service in COMPLETE and one.tier == "core" and one.name not in _GOOGLES
]
# A made-up id can be the word of another operation's path: GET /api/leads/stats.
_WORDS = {one.name.lower() for one in operations() if "{" not in one.path}
# An operator has no tenant either, but may see all of them.
_CALLERS = (("admin", None), ("SUPER_ADMIN", None), ("admin", "none"))


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {service: schemathesis.openapi.from_path(str(FOLDER / f"{service}.yaml")) for service in COMPLETE}


@pytest.fixture(scope="module")
def tokens(services: Platform) -> Iterator[list[str]]:
    yield [services.token(*caller) for caller in _CALLERS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.name for one in OPERATIONS])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_no_request_breaks_an_operation(
    services: Platform, schemas: dict[str, Any], tokens: list[str], operation: Operation, mode: GenerationMode
) -> None:
    described = schemas[operation.service][operation.path][operation.method]
    number = iter(range(10**9))

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        assume("{" not in operation.path or f"{operation.method} {case.formatted_path}".lower() not in _WORDS)
        token = tokens[next(number) % len(tokens)]
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(base_url=services.url, headers=headers, allow_redirects=False, timeout=30)
        assert answer.status_code < 500, case.as_curl_command()
        body = answer.json() if answer.content and "json" in answer.headers.get("content-type", [""])[0] else None
        assert not faults(operation, answer.status_code, body), (case.as_curl_command(), answer.status_code, body)

    try:
        asked()
    except Unsatisfiable:
        # Nothing about such a request can be wrong: it has no body, no query, and any text in its path.
        assert mode is GenerationMode.NEGATIVE
