"""Exchanges recorded from the old system about activities and preferences, answered by ours."""

import pytest
from django.conf import settings

from core.documents.database import database as mongo
from core.events.testing import deliver_all
from tests.conftest import Api
from tests.contract.recorded import Actors, Exchange, groups, seed
from tests.leads.test_recorded import compare, send

# Deliberate differences, each an entry in contract/differences.md: exchange -> what ours answers.
_DIFFERENT = {
    "users/activity: activity": 200,
    "users/activity: me activity": 200,
    "users/preferences: /users/preferences is shadowed by :id": 200,
    "users/preferences: by user id": 200,
}
GROUPS = [(name, group) for name, group in groups("users") if name in ("users/activity", "users/preferences")]


@pytest.mark.parametrize(("name", "group"), GROUPS, ids=[name for name, _ in GROUPS])
def test_group(api: Api, name: str, group: list[Exchange]) -> None:
    mongo("users")["users"].insert_many(seed()["users"])
    actors, known = Actors(settings.JWT_SECRET), {}
    faults = []
    for exchange in group:
        # The old system looked a person's status up; here other services hear of it.
        deliver_all()
        answer = send(api, actors, exchange, known)
        title = f"{name}: {exchange['name']}"
        if title in _DIFFERENT:
            assert answer.status_code == _DIFFERENT[title], title
            continue
        faults += [f"{title}: {fault}" for fault in compare(exchange, answer, known)]
    assert not faults, "\n".join(faults)


def test_both_groups_are_there() -> None:
    assert [name for name, _ in GROUPS] == ["users/activity", "users/preferences"]
