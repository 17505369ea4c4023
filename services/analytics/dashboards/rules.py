"""Figures from counted rows (contract/analytics-rules.md §4 to §6). Pure.

A row counts leads that agree in stage, kind, member, month and window: `{stage, kind, member, month, bucket, leads, value}` and
what was said to them: `{contacted, answered, outbound, inbound, responses, hours}`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from services.analytics.dashboards.windows import Month, month_name

Row = Mapping[str, Any]
Point = dict[str, Any]

_STAGE_CHART = (
    ("new", "New", "#3182CE"),
    ("contacted", "Contacted", "#D69E2E"),
    ("qualified", "Qualified", "#38A169"),
    ("converted", "Converted", "#805AD5"),
    ("lost", "Lost", "#E53E3E"),
)
_PIPELINE_CHART = (
    ("new", "New Leads", "#2196f3"),
    ("contacted", "Contacted", "#ff9800"),
    ("qualified", "Qualified", "#4caf50"),
    ("converted", "Converted", "#9c27b0"),
)
_KIND_CHART = (
    ("single_family", "Single Family", "#3182CE"),
    ("multi_family", "Multi Family", "#38A169"),
    ("commercial", "Commercial", "#D69E2E"),
    ("land", "Land", "#805AD5"),
)
_BUYER_CHART = (
    ("individual", "Individual", "#3182CE"),
    ("company", "Company", "#38A169"),
    ("investor", "Investor", "#D69E2E"),
)


def percent(part: float, whole: float) -> float:
    """Return `part` of `whole` in percent with one decimal, 0 when there is nothing."""
    return round(part / whole * 100, 1) if whole else 0


def growth(current: float, previous: float) -> float:
    """Return the change in percent with one decimal; from nothing to something is 100, nothing to nothing 0."""
    if not previous:
        return 100 if current > 0 else 0
    return round((current - previous) / previous * 100, 1)


def counted(rows: Iterable[Row], what: str = "leads", **wanted: object) -> float:
    """Return the sum of `what` over the rows that agree with `wanted`."""
    return sum(row[what] for row in rows if all(row[name] == value for name, value in wanted.items()))


def conversion(rows: Sequence[Row]) -> float:
    """Return converted leads in percent of all."""
    return percent(counted(rows, stage="converted"), counted(rows))


def response_hours(rows: Sequence[Row]) -> float:
    """Return averageResponseTime: the mean hours from creation to first contact, of the leads that had one."""
    responses = counted(rows, "responses")
    return round(counted(rows, "hours") / responses, 2) if responses else 0


def response_rate(rows: Sequence[Row]) -> float:
    """Return the contacted leads that answered, in percent."""
    return percent(counted(rows, "answered"), counted(rows, "contacted"))


def chart(table: Sequence[tuple[str, str, str]], count: Callable[[str], float]) -> list[Point]:
    """Return chart points with zeros kept and the share of each."""
    values = [(name, count(key), color) for key, name, color in table]
    total = sum(value for _, value, _ in values)
    return [
        {"name": name, "value": value, "color": color, "percentage": percent(value, total)}
        for name, value, color in values
    ]


def stage_chart(rows: Sequence[Row]) -> list[Point]:
    """Return leadStatusDistribution."""
    return chart(_STAGE_CHART, lambda stage: counted(rows, stage=stage))


def pipeline_chart(rows: Sequence[Row]) -> list[Point]:
    """Return leadPipelineData of the dashboard."""
    return chart(_PIPELINE_CHART, lambda stage: counted(rows, stage=stage))


def kind_chart(rows: Sequence[Row]) -> list[Point]:
    """Return propertyTypeDistribution; other types are left out."""
    return chart(_KIND_CHART, lambda kind: counted(rows, kind=kind))


def buyer_chart(buyers: Mapping[str, int]) -> list[Point]:
    """Return buyerTypeDistribution."""
    return chart(_BUYER_CHART, lambda kind: buyers.get(kind, 0))


def monthly(months: Sequence[Month], value: Callable[[Month], float]) -> list[Point]:
    """Return a series by calendar month, oldest first."""
    return [{"name": month_name(month), "value": value(month)} for month in months]


def team_rows(rows: Iterable[Row], revenue: Mapping[str, float], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return TeamPerformanceData, best conversion first; an unknown user is shown by id."""
    by_member: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["member"]:
            by_member[row["member"]].append(row)
    team = [_member(member, own, revenue.get(member, 0), names) for member, own in by_member.items()]
    return sorted(team, key=lambda row: (-row["conversionRate"], row["memberName"]))


def _member(member: str, rows: Sequence[Row], revenue: float, names: Mapping[str, str]) -> dict[str, Any]:
    assigned = counted(rows)
    return {
        "memberId": member,
        "memberName": names.get(member, member),
        "leadsAssigned": assigned,
        "leadsConverted": counted(rows, stage="converted"),
        "conversionRate": conversion(rows),
        "averageValue": counted(rows, "value") / assigned if assigned else 0,
        "totalRevenue": revenue,
    }
