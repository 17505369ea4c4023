"""Exchanges recorded from the old system, answered by ours in this process; `make replay` does the same through a gateway."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from core.documents.driver import database as mongo
from core.events.rebuilding import rebuild
from core.events.testing import deliver_all
from tests.conftest import Api, forget
from gateway.shadow.explanations import Deviation, Judge, explanations
from tests.contract.recorded import FOLDER, Actors, Exchange, asked_of, content_of, differences, filled, groups_of, seed

# Modules whose services answer them whole; the others follow with their services.
MODULES = ("auth", "bulk-ops", "communication", "health", "import-export", "leads", "queue", "rbac", "scoring", "tenancy", "tenants", "users")
_OWNERS = {"leads": "leads", "queueitems": "leads"}
RULES = explanations()


def recorded(variants: tuple[str, ...], modules: tuple[str, ...]) -> Iterator[Any]:
    files = [FOLDER / f"{variant}.{module}.json" for variant in variants for module in modules]
    for file in files:
        for name, group in groups_of(file) if file.exists() else ():
            yield pytest.param(group, id=name)


@pytest.fixture
def old_documents(api: Api, owners: None) -> Api:
    """The recorded documents, and every service's copies of them."""
    for name, documents in seed().items():
        mongo(_OWNERS.get(name, "users"))[name].insert_many(documents)
    for service in settings.SERVICES:
        rebuild(service)
    forget()
    return api


@pytest.mark.parametrize("group", recorded(("repaired", "pristine"), MODULES))
def test_an_answer_is_as_recorded_or_explained(old_documents: Api, group: list[Exchange]) -> None:
    answered(old_documents, group)


@pytest.mark.parametrize("group", recorded(("testmode",), ("testmode",)))
def test_in_test_mode_too(old_documents: Api, settings: Any, group: list[Exchange]) -> None:
    settings.TEST_MODE = True
    answered(old_documents, group)


@pytest.mark.parametrize("group", recorded(("repaired",), ("queue",)))
def test_members_get_what_was_recorded_with_a_viewer(old_documents: Api, group: list[Exchange]) -> None:
    as_manager = json.dumps(group).replace("<jwt:viewer>", "<jwt:manager>")
    answered(old_documents, json.loads(as_manager))


def answered(api: Api, group: list[Exchange]) -> None:
    actors, judge, known, faults = Actors(settings.JWT_SECRET), Judge(RULES), dict[str, str](), []
    for exchange in group:
        # The old system looked at people and tenants as they are; here services hear of changes.
        deliver_all()
        found = list(compared(exchange, send(api, actors, exchange, known), known))
        faults += [f"{exchange['name']}: {fault}" for fault in judge.unexplained(asked_of(exchange["request"]), found)]
    assert not faults, "\n".join(faults)


def send(api: Api, actors: Actors, exchange: Exchange, known: dict[str, str]) -> Any:
    request = exchange["request"]
    content, kind = content_of(request, known)
    headers = {
        f"HTTP_{key.upper().replace('-', '_')}": actors.filled(value) for key, value in request["headers"].items()
    }
    headers.pop("HTTP_CONTENT_TYPE", None)
    return api.request(request["method"], filled(request["path"], known), content, content_type=kind, **headers)


def compared(exchange: Exchange, answer: Any, known: dict[str, str]) -> Iterator[Deviation]:
    expected = exchange["response"]
    yield from differences(expected["status"], answer.status_code, known, "status")
    yield from differences(expected["body"], _body(answer), known)


def _body(answer: Any) -> Any:
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers["Content-Type"] else answer.content.decode()


def test_every_rule_names_an_operation_that_exists_and_gives_a_reason() -> None:
    assert all(rule.reason and rule.operation.split()[0] in ("*", "GET", "POST", "PUT", "DELETE") for rule in RULES)
    assert not [rule for rule in RULES if rule.operation.endswith(" *")]
