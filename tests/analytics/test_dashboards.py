"""Dashboards from events: figures checked by hand and against a plain reference."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from core.documents.driver import database as mongo
from core.events.envelope import sealed
from core.events.inbox import receive
from core.events.payloads import BuyerSnapshot, LeadSnapshot, UserSnapshot
from services.analytics.dashboards.rules import growth, percent
from services.analytics.dashboards.windows import month_of, months_until, window
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller

AGENT = str(ObjectId())


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.events.transport._captured", [])
    monkeypatch.setattr("services.analytics.dashboards.queries.CACHE_SECONDS", 0)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def lead(name: str = "lead.created", version: int = 1, tenant: str = TENANT, **changes: Any) -> dict[str, Any]:
    key = changes.pop("id", None) or str(ObjectId())
    created = changes.pop("created_at", ago(1))
    fields = {
        "id": key,
        "lead_id": "10000000-0000-4000-8000-000000000001",
        "status": "new",
        "source": "website",
        "priority": "medium",
        "first_name": "Nora",
        "last_name": "New",
        "property_types": ["duplex"],
        "estimated_value": 100_000.0,
        "assigned_to": AGENT,
        "created_at": created,
        "updated_at": changes.pop("updated_at", created),
        **changes,
    }
    envelope = sealed(name, LeadSnapshot(**fields), entity_id=key, version=version, tenant_id=tenant)
    receive("analytics", [envelope])
    return envelope


def buyer(**changes: Any) -> None:
    key = str(ObjectId())
    fields = {
        "id": key,
        "company_name": "C",
        "contact_name": "Con Tact",
        "buyer_type": "investor",
        "investment_range": "0-50k",
        "is_active": True,
        "created_at": ago(2),
        "updated_at": ago(2),
        **changes,
    }
    envelope = sealed("buyer.created", BuyerSnapshot(**fields), entity_id=key, version=1, tenant_id=TENANT)
    receive("analytics", [envelope])


def get(api: Api, path: str, caller: Caller) -> Any:
    answer = api.get(path, as_=caller)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_an_empty_tenant_has_zeros_and_lists(api: Api, admin: Caller) -> None:
    data = get(api, "/api/analytics/dashboard", admin)
    assert (data["leads"], data["buyers"]) == ([], [])
    assert set(data["metrics"].values()) == {0}
    assert [point["value"] for point in data["charts"]["leadStatusDistribution"]] == [0] * 5
    assert len(data["charts"]["monthlyLeadGrowth"]) == 12
    dashboard = get(api, "/api/dashboard", admin)
    assert set(dashboard["stats"].values()) == {0}
    assert dashboard["alerts"] == []
    assert get(api, "/api/dashboard/realtime", admin) == dashboard["stats"]


def test_figures_by_hand(api: Api, admin: Caller) -> None:
    lead()
    lead(status="closed_won", commission_amount=5_000.0, close_value=90_000.0, estimated_value=300_000.0)
    lead(status="inactive", estimated_value=None)
    lead(status="negotiating", created_at=ago(40))
    buyer()
    buyer(is_active=False)
    metrics = get(api, "/api/analytics/performance", admin)
    assert (metrics["totalLeads"], metrics["conversionRate"]) == (3, 33.3)
    assert metrics["totalPipelineValue"] == 400_000
    assert metrics["averageLeadValue"] == pytest.approx(400_000 / 3)
    assert (metrics["totalBuyers"], metrics["activeBuyers"]) == (2, 1)
    stats = get(api, "/api/dashboard/realtime", admin)
    assert stats["revenue"] == 5_000
    assert stats["leadGrowth"] == 200
    assert stats["revenueGrowth"] == 100
    assert get(api, "/api/analytics/performance?timeRange=90d", admin)["totalLeads"] == 4


def test_filters_narrow_the_figures(api: Api, admin: Caller) -> None:
    lead()
    lead(property_types=["land"], status="contacted")
    path = "/api/analytics/performance"
    assert get(api, f"{path}?status=contacted", admin)["totalLeads"] == 1
    assert get(api, f"{path}?propertyType=multi_family", admin)["totalLeads"] == 1
    assert get(api, f"{path}?teamMember={AGENT}", admin)["totalLeads"] == 2
    assert get(api, f"{path}?teamMember=nobody", admin)["totalLeads"] == 0
    assert api.get(f"{path}?timeRange=3d", as_=admin).status_code == 400


def test_a_status_change_moves_a_lead_once_however_often_it_is_heard(api: Api, admin: Caller) -> None:
    first = lead()
    changed = lead("lead.status_changed", 2, id=first["entityId"], status="contacted", old_status="new")
    receive("analytics", [changed, first, changed])
    chart = {point["name"]: point["value"] for point in get(api, "/api/dashboard", admin)["leadPipelineData"]}
    assert chart == {"New Leads": 0, "Contacted": 1, "Qualified": 0, "Converted": 0}
    activity = get(api, "/api/dashboard", admin)["recentActivity"]
    assert [entry["type"] for entry in activity] == ["lead_status_changed", "lead_created"]
    assert activity[0]["message"] == "Nora New: new to contacted"


def test_events_may_arrive_out_of_order(api: Api, admin: Caller) -> None:
    key = str(ObjectId())
    lead("lead.deleted", 3, id=key, deleted_at=ago(0))
    lead("lead.created", 1, id=key)
    assert get(api, "/api/analytics/performance", admin)["totalLeads"] == 0


def test_another_tenant_sees_nothing(api: Api, admin: Caller, outsider: Caller) -> None:
    lead()
    lead(tenant=OTHER_TENANT)
    assert get(api, "/api/analytics/performance", outsider)["totalLeads"] == 1
    assert get(api, "/api/analytics/performance", admin)["totalLeads"] == 1
    assert len(get(api, "/api/dashboard", outsider)["recentActivity"]) == 1


def test_agents_see_their_own_leads_and_every_users_totals(api: Api) -> None:
    agent = Caller("user")
    lead(assigned_to=agent.user_id)
    lead()
    data = get(api, "/api/analytics/dashboard", agent)
    assert len(data["leads"]) == 1
    assert [row["memberId"] for row in data["charts"]["teamPerformance"]] == [agent.user_id]
    assert data["metrics"]["totalLeads"] == 2


def test_the_team_is_named(api: Api, admin: Caller) -> None:
    lead(status="closed_won", close_value=10.0)
    person = UserSnapshot(
        user_id=AGENT,
        email="a@b.cd",
        first_name="Ann",
        last_name="Agent",
        status="active",
        roles=["user"],
        tenant_id=TENANT,
    )
    receive("analytics", [sealed("user.created", person, entity_id=AGENT, version=1, tenant_id=TENANT)])
    (row,) = get(api, "/api/analytics/dashboard", admin)["charts"]["teamPerformance"]
    assert (row["memberName"], row["leadsAssigned"], row["leadsConverted"]) == ("Ann Agent", 1, 1)
    assert (row["conversionRate"], row["totalRevenue"]) == (100, 10)


def test_the_documented_flat_form(api: Api, admin: Caller) -> None:
    lead()
    flat = get(api, "/api/analytics/dashboard?date_range=last_7_days", admin)
    assert (flat["total_leads"], flat["new_leads"]) == (1, 1)


def test_parts_can_be_left_out(api: Api, admin: Caller) -> None:
    lead()
    data = get(api, "/api/dashboard?includeCharts=false&includeActivity=false", admin)
    assert (data["leadPipelineData"], data["revenueData"], data["recentActivity"]) == ([], [], [])
    assert data["stats"]["totalLeads"] == 1


def test_counting_uses_an_index(api: Api) -> None:
    plan = mongo("analytics")["leadfacts"].find({"tenantId": TENANT, "deletedAt": None}).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])


def test_windows_are_whole_days_when_dates_are_given() -> None:
    moment = datetime(2026, 3, 15, 12, tzinfo=UTC)
    asked = window(moment, "30d", datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert asked.start < datetime(2026, 3, 1, tzinfo=UTC) <= asked.end
    assert asked.end == datetime(2026, 3, 2, 23, 59, 59, 999000, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(1, 36))
def test_months_end_with_the_current_one_and_never_skip(moment: datetime, count: int) -> None:
    months = months_until(moment.replace(tzinfo=UTC), count)
    assert len(months) == count
    assert months[-1] == month_of(moment.replace(tzinfo=UTC))
    numbers = [year * 12 + month for year, month in months]
    assert numbers == list(range(numbers[0], numbers[0] + count))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_percentages_and_growth_are_always_numbers(one: int, other: int) -> None:
    assert percent(min(one, other), max(one, other)) <= 100
    assert isinstance(growth(one, other), int | float)
