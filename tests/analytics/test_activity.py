"""The activity log, habits and security figures; access and limits of all routes of the service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.events.envelope import sealed
from core.events.inbox import receive
from core.events.payloads import AccountActivity
from tests.analytics.test_dashboards import get, no_broker
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller

__all__ = ["no_broker"]

ACTIVITIES = "/api/analytics/activities"
READS = (
    "/api/analytics/dashboard",
    "/api/analytics/performance",
    "/api/analytics/leads/pipeline",
    "/api/analytics/team/performance",
    "/api/reports/pipeline",
    ACTIVITIES,
    "/api/analytics/behaviors",
    "/api/analytics/security",
    "/api/dashboard",
    "/api/dashboard/realtime",
)


def told(user_id: str, kind: str = "login", tenant: str | None = TENANT, **changes: Any) -> dict[str, Any]:
    fields = {"type": kind, "description": kind, "performed_at": datetime.now(UTC) - timedelta(hours=1), **changes}
    activity = AccountActivity(user_id=user_id, tenant_id=tenant, **fields)
    envelope = sealed("account.activity", activity, entity_id=user_id, version=None, tenant_id=tenant)
    receive("analytics", [envelope])
    return envelope


def test_what_a_person_did_is_kept_as_theirs_and_now(api: Api, agent: Caller, manager: Caller) -> None:
    body = {"type": "call", "entityType": "lead", "entityId": "L1", "description": "rang", "metadata": {"seconds": 5}}
    answer = api.post(ACTIVITIES, {**body, "userId": manager.user_id, "timestamp": "2001-01-01"}, as_=agent)
    assert answer.status_code == 201
    kept = answer.json()
    assert {name: kept[name] for name in body} == body
    assert (kept["userId"], kept["timestamp"][:2]) == (agent.user_id, "20")
    assert kept["timestamp"] > "2026"
    assert get(api, ACTIVITIES, manager) == [kept]


def test_the_log_is_paged_filtered_and_the_tenants(api: Api, agent: Caller, manager: Caller, outsider: Caller) -> None:
    for number in range(5):
        api.post(ACTIVITIES, {"type": "call" if number % 2 else "mail", "description": str(number)}, as_=agent)
    told(manager.user_id)
    assert [one["description"] for one in get(api, f"{ACTIVITIES}?limit=2&page=2&userId={agent.user_id}", manager)] == [
        "2",
        "1",
    ]
    assert len(get(api, f"{ACTIVITIES}?type=call", manager)) == 2
    assert len(get(api, ACTIVITIES, manager)) == 6
    assert len(get(api, ACTIVITIES, agent)) == 5
    assert get(api, ACTIVITIES, outsider) == []
    assert api.get(f"{ACTIVITIES}?userId={manager.user_id}", as_=agent).status_code == 403
    refused = api.post(ACTIVITIES, {"entityType": "house"}, as_=agent)
    assert refused.status_code == 400
    assert [text.split(" must")[0] for text in refused.json()["message"]] == ["type", "entityType"]


def test_habits_and_security_count_the_tenants_last_thirty_days(api: Api, admin: Caller, manager: Caller) -> None:
    person = str(ObjectId())
    first = told(person, severity="high")
    receive("analytics", [first])
    told(person, "password_change")
    told(person, performed_at=datetime.now(UTC) - timedelta(days=31))
    told(person, tenant=OTHER_TENANT)
    told(person, tenant=None)
    api.post(ACTIVITIES, {"type": "call"}, as_=admin)
    habits = get(api, "/api/analytics/behaviors", manager)
    assert [(one["userId"], one["activities"]) for one in habits] == [(person, 2), (admin.user_id, 1)]
    assert habits[0]["types"] == {"login": 1, "password_change": 1}
    security = get(api, "/api/analytics/security", admin)
    assert (security["totalEvents"], security["bySeverity"]["high"], security["bySeverity"]["critical"]) == (2, 1, 0)
    assert security["topUsers"][0]["events"] == 2


@pytest.mark.parametrize("path", READS)
def test_every_read_wants_a_token_a_role_and_patience(api: Api, admin: Caller, path: str, settings: Any) -> None:
    assert api.get(path).status_code == 401
    assert api.get(path, as_=Caller("stranger")).status_code == 403
    settings.REQUESTS_PER_MINUTE = 2
    assert [api.get(path, as_=admin).status_code for _ in range(3)] == [200, 200, 429]
    answer = api.get(path, as_=admin)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["message"] == "Too many requests: wait a moment"


@pytest.mark.parametrize(("path", "body"), [(ACTIVITIES, {"type": "x"}), ("/api/analytics/export", {"format": "csv"})])
def test_every_write_too(api: Api, admin: Caller, path: str, body: Any, settings: Any) -> None:
    assert api.post(path, body).status_code == 401
    assert api.post(path, body, as_=Caller("stranger")).status_code == 403
    settings.REQUESTS_PER_MINUTE = 1
    assert api.post(path, body, as_=admin).status_code < 300
    assert api.post(path, body, as_=admin).status_code == 429


def test_only_admins_see_security_and_only_managers_habits(
    api: Api, agent: Caller, viewer: Caller, manager: Caller
) -> None:
    assert api.get("/api/analytics/security", as_=manager).status_code == 403
    for caller in (agent, viewer):
        assert api.get("/api/analytics/behaviors", as_=caller).status_code == 403
    assert api.get("/api/analytics/dashboard?timeRange=3d", as_=viewer).status_code == 400
