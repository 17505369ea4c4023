"""Exchanges recorded from the old system, answered by ours."""

from typing import Any

import pytest
from django.conf import settings

from core.documents.database import database as mongo
from tests.conftest import Api
from tests.contract.recorded import Actors, Exchange, differences, groups, seed

# Deliberate differences, each an entry in contract/differences.md: exchange -> what ours answers.
_DIFFERENT = {
    "rbac/roles-read: isActive always 400": 200,
    "rbac/roles-read: bad oid": 404,
    "rbac/assign: any without body": 400,
    "rbac/assign: reassign after revoke -> E11000": 201,
}
# Recorded with a viewer, who may not assign here.
_WRITES = ("assign", "revoke", "reassign")
GROUPS = list(groups("rbac"))


@pytest.fixture
def old_documents(api: Api) -> None:
    for name in ("users", "roles", "userroles"):
        mongo("users")[name].insert_many(seed()[name])


@pytest.mark.usefixtures("old_documents")
@pytest.mark.parametrize(("name", "group"), GROUPS, ids=[name for name, _ in GROUPS])
def test_group_by_somebody_who_may(api: Api, name: str, group: list[Exchange]) -> None:
    actors, known = Actors(settings.JWT_SECRET), {}
    faults = []
    for exchange in group:
        changed = {**exchange, "request": as_admin(exchange["request"])}
        answer = send(api, actors, changed, known)
        title = f"{name}: {exchange['name']}"
        if title in _DIFFERENT:
            assert answer.status_code == _DIFFERENT[title], title
            continue
        faults += [f"{title}: {fault}" for fault in compare(exchange, answer, known)]
    assert not faults, "\n".join(faults)


@pytest.mark.usefixtures("old_documents")
@pytest.mark.parametrize(("name", "group"), GROUPS, ids=[name for name, _ in GROUPS])
def test_reads_by_the_recorded_caller(api: Api, name: str, group: list[Exchange]) -> None:
    actors, known = Actors(settings.JWT_SECRET), {}
    for exchange in group:
        title, answer = f"{name}: {exchange['name']}", send(api, actors, exchange, known)
        if exchange["name"].startswith(_WRITES):
            assert answer.status_code == 403, title
        elif title in _DIFFERENT:
            assert answer.status_code == _DIFFERENT[title], title
        else:
            assert list(compare(exchange, answer, known)) == [], title


def as_admin(request: dict[str, Any]) -> dict[str, Any]:
    headers = {key: value.replace("<jwt:viewer>", "<jwt:admin>") for key, value in request["headers"].items()}
    return {**request, "headers": headers}


def send(api: Api, actors: Actors, exchange: Exchange, known: dict[str, str]) -> Any:
    request = exchange["request"]
    path = request["path"]
    for placeholder, value in known.items():
        path = path.replace(placeholder, value)
    headers = {
        f"HTTP_{key.upper().replace('-', '_')}": actors.filled(value) for key, value in request["headers"].items()
    }
    content_type = headers.pop("HTTP_CONTENT_TYPE", "application/json")
    return api.request(request["method"], path, request["body"], content_type=content_type, **headers)


def compare(exchange: Exchange, answer: Any, known: dict[str, str]) -> Any:
    expected = exchange["response"]
    yield from differences(expected["status"], answer.status_code, known, "status")
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        # The caller, whom the old system never noted (contract/differences.md).
        body.pop("assignedBy", None)
    yield from differences(expected["body"], body, known)
