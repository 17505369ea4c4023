"""The tables of an export: figures, charts, team and leads (contract/analytics-rules.md §8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.api.rendering import iso
from core.documents.scope import TenantScope
from core.identity.principals import Principal
from services.analytics.dashboards import figures
from services.analytics.dashboards.queries import Filters, leads_of
from services.analytics.dashboards.windows import Window
from services.analytics.facts.documents import LeadFactDocument

Cell = str | float | None

_LEADS = (
    "Lead ID",
    "First name",
    "Last name",
    "Email",
    "Phone",
    "Status",
    "Property type",
    "Estimated value",
    "Created",
)
_TEAM = ("memberName", "leadsAssigned", "leadsConverted", "conversionRate", "averageValue", "totalRevenue")


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; its rows may come one by one from the database."""

    title: str
    header: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts an export holds."""

    metrics: bool
    charts: bool
    data: bool


def tables(principal: Principal, filters: Filters, asked: Window, wanted: Wanted) -> Iterator[Table]:
    """Yield what is wanted: the metrics, each chart, the team, and all leads that the caller may list."""
    found = figures.figures_and_charts(principal, filters, asked, asked.end)
    if wanted.metrics:
        yield Table("metrics", ("name", "value"), list(found["metrics"].items()))
    if wanted.charts:
        for name, points in found["charts"].items():
            yield _team(points) if name == "teamPerformance" else _chart(name, points)
    if wanted.data:
        own = figures.own(principal, filters)
        yield Table("leads", _LEADS, (_lead(lead) for lead in leads_of(principal.scope, own, asked)))


def lead_count(scope: TenantScope, principal: Principal, filters: Filters, asked: Window) -> int:
    """Return how many leads an export would list."""
    return leads_of(scope, figures.own(principal, filters), asked).count()


def _chart(name: str, points: Iterable[Mapping[str, Cell]]) -> Table:
    return Table(name, ("name", "value", "percentage"), [(p["name"], p["value"], p.get("percentage")) for p in points])


def _team(members: Iterable[Mapping[str, Cell]]) -> Table:
    return Table("teamPerformance", _TEAM, [tuple(member[name] for name in _TEAM) for member in members])


def _lead(lead: LeadFactDocument) -> tuple[Cell, ...]:
    return (
        lead["leadId"],
        lead["firstName"],
        lead["lastName"],
        lead.get("email") or "",
        lead.get("phone") or "",
        lead["stage"],
        lead.get("kind") or "",
        lead["value"],
        iso(lead["createdAt"]),
    )
