"""The answers of the dashboards: facts counted, rules applied, members named."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from core.documents.scope import TenantScope
from core.identity.principals import Principal
from core.identity.roles import ADMIN, MANAGER, OPERATOR
from services.analytics.dashboards import queries, rules
from services.analytics.dashboards.queries import Filters
from services.analytics.dashboards.windows import Window, month_of, months_until
from services.analytics.facts.documents import BuyerFactDocument, HappeningDocument, LeadFactDocument

Wire = dict[str, Any]

_MONTHS, _FEW_MONTHS = 12, 6


def analytics_data(principal: Principal, filters: Filters, asked: Window, moment: datetime) -> Wire:
    """Return AnalyticsData. Agents see their own leads in lists and team; totals are the tenant's for everyone."""
    scope = principal.scope
    return {
        "leads": [_lead(lead) for lead in queries.newest_leads(scope, own(principal, filters), asked)],
        "buyers": [_buyer(buyer) for buyer in queries.newest_buyers(scope, filters)],
        **figures_and_charts(principal, filters, asked, moment),
    }


def figures_and_charts(principal: Principal, filters: Filters, asked: Window, moment: datetime) -> Wire:
    """Return `metrics` and `charts` of AnalyticsData."""
    scope = principal.scope
    rows, revenue, buyers = _counted(scope, filters, asked, moment)
    current = [row for row in rows if row["bucket"] == "current"]
    return {
        "metrics": _metrics(rows, current, buyers, moment),
        "charts": {
            "leadStatusDistribution": rules.stage_chart(current),
            "propertyTypeDistribution": rules.kind_chart(current),
            "buyerTypeDistribution": rules.buyer_chart(_by_type(buyers)),
            **_series(rows, revenue, moment, _MONTHS),
            "teamPerformance": _team(scope, current, revenue, own(principal, filters).member),
        },
    }


def analytics_metrics(scope: TenantScope, filters: Filters, asked: Window, moment: datetime) -> Wire:
    """Return AnalyticsMetrics."""
    rows, _, buyers = _counted(scope, filters, asked, moment)
    return _metrics(rows, [row for row in rows if row["bucket"] == "current"], buyers, moment)


def documented_dashboard(scope: TenantScope, filters: Filters, asked: Window, moment: datetime) -> Wire:
    """Return DocumentedDashboard: the flat form that the documents describe."""
    rows, revenue, buyers = _counted(scope, filters, asked, moment)
    current = [row for row in rows if row["bucket"] == "current"]
    converted = rules.counted(current, stage="converted")
    earned = rules.counted(revenue, "revenue", bucket="current")
    return {
        "total_leads": rules.counted(current),
        "new_leads": rules.counted(current, stage="new"),
        "converted_leads": converted,
        "conversion_rate": rules.conversion(current),
        "total_buyers": rules.counted(buyers, "buyers"),
        "active_buyers": rules.counted(buyers, "buyers", active=True),
        "total_communications": rules.counted(current, "outbound") + rules.counted(current, "inbound"),
        "response_rate": rules.response_rate(current),
        "revenue_generated": earned,
        "average_deal_size": earned / converted if converted else 0,
    }


def documented_team(principal: Principal, asked: Window, moment: datetime) -> Wire:
    """Return TeamPerformanceDoc, best conversion first; agents see themselves."""
    filters = own(principal, Filters())
    rows, revenue, _ = _counted(principal.scope, filters, asked, moment)
    current = [row for row in rows if row["bucket"] == "current"]
    members = _team(principal.scope, current, revenue, filters.member)
    return {"team_members": [_documented_member(member, current) for member in members]}


def dashboard_data(scope: TenantScope, asked: Window, moment: datetime, *, charts: bool, activity: bool) -> Wire:
    """Return DashboardData; what is not wanted is an empty list."""
    rows, revenue, buyers = _counted(scope, Filters(), asked, moment)
    current = [row for row in rows if row["bucket"] == "current"]
    series = _series(rows, revenue, moment, _FEW_MONTHS) if charts else {}
    return {
        "stats": _stats(rows, revenue, buyers),
        "leadPipelineData": rules.pipeline_chart(current) if charts else [],
        "monthlyGrowthData": series.get("monthlyLeadGrowth", []),
        "conversionTrendData": series.get("conversionRateOverTime", []),
        "revenueData": series.get("revenueByMonth", []),
        "recentActivity": [_happening(found) for found in queries.recent_happenings(scope)] if activity else [],
        "alerts": [],
    }


def dashboard_stats(scope: TenantScope, asked: Window, moment: datetime) -> Wire:
    """Return DashboardStats, never from the cache."""
    since = months_until(moment, 1)[0]
    return _stats(
        queries.lead_rows(scope, Filters(), asked),
        queries.revenue_rows(scope, Filters(), asked, since),
        queries.buyer_rows(scope, Filters(), asked),
    )


def _counted(scope: TenantScope, filters: Filters, asked: Window, moment: datetime) -> tuple[Any, Any, Any]:
    since = months_until(moment, _MONTHS)[0]

    def count() -> tuple[Any, Any, Any]:
        return (
            queries.lead_rows(scope, filters, asked),
            queries.revenue_rows(scope, filters, asked, since),
            queries.buyer_rows(scope, filters, asked),
        )

    counted: tuple[Any, Any, Any] = queries.cached(scope, "rows", queries.key_of(filters, asked), count)
    return counted


def own(principal: Principal, filters: Filters) -> Filters:
    """Return the filters of lists: agents and viewers see their own leads only."""
    wide = principal.system_roles & {OPERATOR, ADMIN, MANAGER}
    return filters if wide else replace(filters, member=principal.user_id)


def _metrics(rows: list[Wire], current: list[Wire], buyers: list[Wire], moment: datetime) -> Wire:
    leads, value = rules.counted(current), rules.counted(current, "value")
    this, last = month_of(moment), months_until(moment, 2)[0]
    return {
        "totalLeads": leads,
        "totalBuyers": rules.counted(buyers, "buyers"),
        "conversionRate": rules.conversion(current),
        "averageLeadValue": value / leads if leads else 0,
        "totalPipelineValue": value,
        "activeBuyers": rules.counted(buyers, "buyers", active=True),
        "monthlyGrowth": rules.growth(rules.counted(rows, month=this), rules.counted(rows, month=last)),
        "averageResponseTime": rules.response_hours(current),
    }


def _stats(rows: list[Wire], revenue: list[Wire], buyers: list[Wire]) -> Wire:
    current, previous = ([row for row in rows if row["bucket"] == name] for name in ("current", "previous"))
    earned, before = (rules.counted(revenue, "revenue", bucket=name) for name in ("current", "previous"))
    new_buyers, old_buyers = (rules.counted(buyers, "buyers", bucket=name) for name in ("current", "previous"))
    return {
        "totalLeads": rules.counted(current),
        "conversionRate": rules.conversion(current),
        "activeBuyers": rules.counted(buyers, "buyers", active=True),
        "revenue": earned,
        "leadGrowth": rules.growth(rules.counted(current), rules.counted(previous)),
        "conversionGrowth": rules.growth(rules.conversion(current), rules.conversion(previous)),
        "buyerGrowth": rules.growth(new_buyers, old_buyers),
        "revenueGrowth": rules.growth(earned, before),
    }


def _series(rows: list[Wire], revenue: list[Wire], moment: datetime, count: int) -> Wire:
    months = months_until(moment, count)
    created = {month: [row for row in rows if row["month"] == month] for month in months}
    return {
        "monthlyLeadGrowth": rules.monthly(months, lambda month: rules.counted(created[month])),
        "conversionRateOverTime": rules.monthly(months, lambda month: rules.conversion(created[month])),
        "revenueByMonth": rules.monthly(months, lambda month: rules.counted(revenue, "revenue", month=month)),
    }


def _team(scope: TenantScope, current: list[Wire], revenue: list[Wire], member: str | None) -> list[Wire]:
    shown = [row for row in current if row["member"] and member in (None, row["member"])]
    members = {row["member"] for row in shown}
    earned = {name: rules.counted(revenue, "revenue", member=name, bucket="current") for name in members}
    return rules.team_rows(shown, earned, queries.names_of(scope, members) if members else {})


def _documented_member(member: Wire, rows: list[Wire]) -> Wire:
    theirs = [row for row in rows if row["member"] == member["memberId"]]
    return {
        "user_id": member["memberId"],
        "name": member["memberName"],
        "leads_assigned": member["leadsAssigned"],
        "leads_converted": member["leadsConverted"],
        "conversion_rate": member["conversionRate"],
        "communications_sent": rules.counted(theirs, "outbound"),
        "response_rate": rules.response_rate(theirs),
    }


def _by_type(buyers: list[Wire]) -> dict[str, int]:
    kinds = {row["type"] for row in buyers}
    return {kind: int(rules.counted(buyers, "buyers", type=kind)) for kind in kinds}


def _lead(lead: LeadFactDocument) -> Wire:
    return {
        "id": lead["_id"],
        "leadId": lead["leadId"],
        "firstName": lead["firstName"],
        "lastName": lead["lastName"],
        "email": lead.get("email") or "",
        "phone": lead.get("phone") or "",
        "status": lead["stage"],
        "propertyType": lead.get("kind") or "single_family",
        "estimatedValue": lead["value"],
        "createdAt": lead["createdAt"],
        "updatedAt": lead["updatedAt"],
    }


def _buyer(buyer: BuyerFactDocument) -> Wire:
    first, _, last = (buyer.get("contactName") or "").partition(" ")
    return {
        "id": buyer["_id"],
        "firstName": first,
        "lastName": last,
        "email": buyer.get("email") or "",
        "buyerType": buyer["buyerType"],
        "isActive": buyer["isActive"],
        "createdAt": buyer["createdAt"],
    }


def _happening(found: HappeningDocument) -> Wire:
    told = {"id": found["_id"], "type": found["type"], "message": found["message"], "timestamp": found["at"]}
    return {**told, "priority": "medium"}
