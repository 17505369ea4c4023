"""Pipelines, the documented team table, and exports as files."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from services.analytics.reports.rules import pipeline, step_rates
from tests.analytics.test_dashboards import AGENT, ago, get, lead, no_broker
from tests.conftest import OTHER_TENANT, Api, Caller

__all__ = ["no_broker"]

EXPORT = "/api/analytics/export"


def leads_of_every_kind() -> None:
    for status in ("new", "contacted", "negotiating", "under_contract", "closed_won", "closed_lost"):
        lead(status=status)


def exported(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def blocks(answer: Any) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for text in exported(answer).decode().split("\r\n\r\n"):
        rows = list(csv.reader(io.StringIO(text)))
        if rows:
            found[rows[0][0]] = rows[1:]
    return found


def test_the_pipeline_says_where_leads_stand_and_how_many_went_on(api: Api, viewer: Caller) -> None:
    leads_of_every_kind()
    lead(status="new", created_at=ago(20))
    lead(tenant=OTHER_TENANT)
    data = get(api, "/api/analytics/leads/pipeline?date_range=last_7_days", viewer)
    assert data["pipeline"] == {"new": 1, "contacted": 2, "under_contract": 1, "closed": 1, "lost": 1}
    assert data["conversion_rates"] == {
        "new_to_contacted": 66.7,
        "contacted_to_contract": 50.0,
        "contract_to_closed": 50.0,
    }
    assert get(api, "/api/analytics/leads/pipeline", viewer)["pipeline"]["new"] == 2


def test_rates_of_nothing_are_zero() -> None:
    assert step_rates(pipeline({})) == (0, 0, 0)


def test_the_pipeline_report_counts_every_status_between_two_days(api: Api, viewer: Caller) -> None:
    leads_of_every_kind()
    lead(created_at=datetime(2025, 3, 1, 23, 59, tzinfo=UTC))
    lead(created_at=datetime(2025, 3, 2, 0, 0, tzinfo=UTC))
    everything = get(api, "/api/reports/pipeline", viewer)
    assert (everything["countsByStatus"]["new"], everything["countsByStatus"]["inactive"]) == (3, 0)
    assert len(everything["countsByStatus"]) == 13
    day = get(api, "/api/reports/pipeline?from=2025-03-01&to=2025-03-01", viewer)
    assert sum(day["countsByStatus"].values()) == 1
    assert sum(get(api, "/api/reports/pipeline?to=2025-03-02", viewer)["countsByStatus"].values()) == 2
    assert sum(get(api, "/api/reports/pipeline?from=2025-03-02", viewer)["countsByStatus"].values()) == 7
    refused = api.get("/api/reports/pipeline?from=yesterday", as_=viewer)
    assert (refused.status_code, refused.json()["message"]) == (400, ["from must be a valid ISO 8601 date string"])


def test_first_contacts_make_the_response_time_and_the_team_table(api: Api, admin: Caller) -> None:
    created = ago(3)
    lead(created_at=created, first_contact_at=ago(2), outbound=2, inbound=1, answered=True)
    lead(created_at=created, first_contact_at=ago(2.5), outbound=1)
    lead(status="closed_won", commission_amount=7_000.0, assigned_to=str(ObjectId()))
    assert get(api, "/api/analytics/performance", admin)["averageResponseTime"] == pytest.approx(18, abs=0.1)
    flat = get(api, "/api/analytics/dashboard?date_range=last_7_days", admin)
    assert (flat["total_communications"], flat["response_rate"]) == (4, 50.0)
    team = get(api, "/api/analytics/team/performance", admin)["team_members"]
    assert [row["conversion_rate"] for row in team] == [100.0, 0]
    ours = next(row for row in team if row["user_id"] == AGENT)
    assert (ours["leads_assigned"], ours["communications_sent"], ours["response_rate"]) == (2, 3, 50.0)
    agent = Caller("user", user_id=AGENT)
    assert [row["user_id"] for row in get(api, "/api/analytics/team/performance", agent)["team_members"]] == [AGENT]


def test_a_csv_export_has_a_block_for_metrics_each_chart_and_all_leads(api: Api, admin: Caller) -> None:
    lead(first_name="=HYPERLINK(1)", last_name='Quo"te, Jr.', estimated_value=1234.5)
    answer = api.post(EXPORT, {"format": "csv"}, as_=admin)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="analytics-export-')
    found = blocks(answer)
    assert ["totalLeads", "1"] in found["metrics"]
    assert len(found) == 9
    header, row = found["leads"]
    told = dict(zip(header, row, strict=True))
    assert (told["First name"], told["Last name"]) == ("'=HYPERLINK(1)", 'Quo"te, Jr.')
    assert float(told["Estimated value"]) == 1234.5
    some = {"format": "csv", "includeCharts": False, "includeData": False}
    assert list(blocks(api.post(EXPORT, some, as_=admin))) == ["metrics"]


def test_an_export_obeys_its_filters_and_its_time(api: Api, admin: Caller) -> None:
    lead(status="contacted")
    lead()
    lead(status="contacted", created_at=ago(20))
    body: dict[str, Any] = {"format": "csv", "timeRange": "7d", "filters": {"status": "contacted", "timeRange": "90d"}}
    assert len(blocks(api.post(EXPORT, body, as_=admin))["leads"]) == 2
    del body["timeRange"]
    assert len(blocks(api.post(EXPORT, body, as_=admin))["leads"]) == 3


def test_a_workbook_keeps_numbers_as_numbers_and_text_as_text(api: Api, admin: Caller) -> None:
    lead(first_name="=1+1", estimated_value=99_000.0)
    answer = api.post(EXPORT, {"format": "excel"}, as_=admin)
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    with zipfile.ZipFile(io.BytesIO(exported(answer))) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        last = book.read(sorted(sheets, key=len)[-1]).decode()
    assert len(sheets) == 9
    assert "<v>99000</v>" in last
    assert "=1+1</t>" in last
    assert "<f>" not in last


def test_a_pdf_is_one(api: Api, admin: Caller) -> None:
    lead(first_name="<b>Zoë & Łukasz</b>")
    answer = api.post(EXPORT, {"format": "pdf"}, as_=admin)
    assert exported(answer).startswith(b"%PDF-")


def test_exports_refuse_what_they_cannot_do(api: Api, admin: Caller, manager: Caller, monkeypatch: Any) -> None:
    assert api.post(EXPORT, {"format": "csv"}, as_=manager).status_code == 403
    assert api.post(EXPORT, {"format": "csv"}).status_code == 401
    wrong = api.post(EXPORT, {"format": "xls", "filters": {"status": "sold"}}, as_=admin)
    assert wrong.status_code == 400
    assert [text.split(" must")[0] for text in wrong.json()["message"]] == ["format", "filters.status"]
    monkeypatch.setattr("services.analytics.reports.api.MOST_LEADS", 1)
    lead()
    lead()
    many = api.post(EXPORT, {"format": "csv"}, as_=admin)
    assert (many.status_code, "shorter period" in many.json()["message"]) == (400, True)
