"""Exchanges recorded from the old system, answered by ours."""

from typing import Any

import pytest
from django.conf import settings

from core.documents.database import database as mongo
from tests.conftest import Api
from tests.contract.recorded import Actors, Exchange, differences, groups, seed

# Members that every lead answer has in addition (contract/differences.md).
_ADDED = {"_id", "id", "stageId"}
# Deliberate differences, each an entry in contract/differences.md: exchange -> what ours answers.
_DIFFERENT = {
    "leads/read: mongo _id is not the key": 200,
    "leads/authz: user role 403": 200,
    "leads/authz: agent bulk create 403": 404,
    "leads/authz: suspended 401": 200,
    "leads/create: email case differs: not a duplicate": 400,
    "leads/create: list shows it": 200,
    "leads/list-paging-errors: page float": 200,
    "leads/update: null status": 200,
}
GROUPS = [(name, group) for name, group in groups("leads") if not name.startswith("leads/bulk")]


@pytest.mark.parametrize(("name", "group"), GROUPS, ids=[name for name, _ in GROUPS])
def test_group(api: Api, name: str, group: list[Exchange]) -> None:
    mongo("leads")["leads"].insert_many(seed()["leads"])
    actors, known = Actors(settings.JWT_SECRET), {}
    faults = []
    for exchange in group:
        answer = send(api, actors, exchange, known)
        title = f"{name}: {exchange['name']}"
        if title in _DIFFERENT:
            assert answer.status_code == _DIFFERENT[title], title
            continue
        found = list(compare(exchange, answer, known))
        faults += [f"{title}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


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
    body = without_additions(answer.json()) if answer.content else None
    yield from differences(expected["body"], body, known)


def without_additions(body: Any) -> Any:
    if isinstance(body, list):
        return [without_additions(member) for member in body]
    if not isinstance(body, dict):
        return body
    dropped = _ADDED if "leadId" in body and "contactInfo" in body else set()
    return {name: without_additions(value) for name, value in body.items() if name not in dropped}
