"""Reads of scoring: configuration, stored results, runs."""

from typing import Any

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.errors import existing
from core.runs import COMPLETED, FAILED
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS
from services.leads.leads.queries import key_of
from services.leads.scoring import rules
from services.leads.scoring.documents import ScoringRunDocument
from services.leads.scoring.factors import FACTORS
from services.leads.scoring.models import CONFIGURATIONS, RUNS

_SHOWN_FACTORS, _SHOWN_PERIODS = 5, 30


def configuration_of(scope: TenantScope) -> rules.Configuration:
    """Return the tenant's configuration, or the default one."""
    stored = None if scope.tenant_id is None else CONFIGURATIONS.scoped(scope).find_one({})
    return {**rules.DEFAULT, **(stored["configuration"] if stored else {})}


def lead_to_score(scope: TenantScope, lead_id: str) -> LeadDocument:
    """Return what a score looks at of a live lead, by either id. Raises NotFound."""
    return existing(LEADS.scoped(scope).find_one(key_of(lead_id), rules.PROJECTION), "Lead not found")


def leads_to_score(scope: TenantScope, lead_ids: list[str]) -> list[LeadDocument]:
    """Return what a score looks at of the live leads with these ids, in their order; unknown ones are left out."""
    keys = [key for text in lead_ids if (key := object_id(text))]
    uuids = [uuid for text in lead_ids if (uuid := uuid_text(text))]
    queries: list[Document] = [{"_id": {"$in": keys}}, {"leadId": {"$in": uuids}}]
    found = {}
    for lead in LEADS.scoped(scope).find_any(queries, rules.PROJECTION):
        found[str(lead["_id"])] = found[str(lead.get("leadId"))] = lead
    named = (found.get(str(object_id(text) or uuid_text(text))) for text in lead_ids)
    return list({lead["_id"]: lead for lead in named if lead}.values())


def scored(lead: LeadDocument, configuration: rules.Configuration, thresholds: dict[str, float]) -> dict[str, Any]:
    """Return LeadScore (contract/leads.yaml) of a lead."""
    result = rules.score(lead, configuration, now())
    return {
        "leadId": lead.get("leadId") or str(lead["_id"]),
        "score": result,
        "category": rules.category(result["percentageScore"], thresholds),
    }


def statistics(scope: TenantScope) -> dict[str, Any]:
    """Return ScoringStats: the scores that the last recalculation stored."""
    row = next(LEADS.scoped(scope).aggregate(_counters()), None) or {}
    counts = {name: row.get(name, 0) for name in ("hot", "warm", "cold")}
    return {
        "totalLeads": row.get("leads", 0),
        **{f"{name}Leads": count for name, count in counts.items()},
        "averageScore": round(row.get("average") or 0, 2),
        "highestScore": row.get("highest") or 0,
        "lowestScore": row.get("lowest") or 0,
        "scoreDistribution": counts,
        "topFactors": _top_factors(row, configuration_of(scope)),
    }


def _counters() -> list[Document]:
    group: Document = {"_id": None, "leads": {"$sum": 1}}
    group |= {"average": {"$avg": "$score"}, "highest": {"$max": "$score"}, "lowest": {"$min": "$score"}}
    for name in ("hot", "warm", "cold"):
        group[name] = {"$sum": {"$cond": [{"$eq": ["$scoring.category", name]}, 1, 0]}}
    group |= {f"factor_{name}": {"$avg": f"$scoring.factors.{name}"} for name in FACTORS}
    return [{"$match": {"scoring.category": {"$exists": True}}}, {"$group": group}]


def _top_factors(row: Document, configuration: rules.Configuration) -> list[dict[str, Any]]:
    """Return the factors that add most to the average score; impact is what each adds of the points that it could."""
    weights = {factor["name"]: factor["weight"] for factor in configuration["factors"]}
    averages = {name: row.get(f"factor_{name}") for name in weights}
    found = [
        {"factor": name, "averageScore": round(average, 2), "impact": round(average * weights[name] / 100, 2)}
        for name, average in averages.items()
        if average is not None
    ]
    return sorted(found, key=lambda one: -one["impact"])[:_SHOWN_FACTORS]


def performance(scope: TenantScope) -> dict[str, Any]:
    """Return ScoringPerformance: how many leads the recalculations scored, how fast, by day."""
    over = {"status": {"$in": [COMPLETED, FAILED]}}
    fields = {"processed": 1, "failed": 1, "milliseconds": 1, "finishedAt": 1}
    runs = list(RUNS.scoped(scope).find(over, fields, sort=[("finishedAt", -1)], limit=500))
    days: dict[str, list[ScoringRunDocument]] = {}
    for run in runs:
        days.setdefault(f"{run['finishedAt']:%Y-%m-%d}", []).append(run)
    whole = _rates(runs)
    return {
        "averageScoringTimeMs": whole["averageTimeMs"],
        "totalOperations": whole["totalOperations"],
        "successfulOperations": sum(run["processed"] - run["failed"] for run in runs),
        "failedOperations": sum(run["failed"] for run in runs),
        "successRate": whole["successRate"],
        "lastOperationTime": runs[0]["finishedAt"] if runs else now(),
        "performanceByPeriod": [{"period": day, **_rates(done)} for day, done in list(days.items())[:_SHOWN_PERIODS]],
    }


def _rates(runs: list[ScoringRunDocument]) -> dict[str, Any]:
    total, failed = (sum(run[name] for run in runs) for name in ("processed", "failed"))
    spent = sum(run["milliseconds"] for run in runs)
    return {
        "averageTimeMs": round(spent / total, 3) if total else 0,
        "totalOperations": total,
        "successRate": round((total - failed) / total * 100, 2) if total else 0,
    }


def run_by_job(scope: TenantScope, job_id: str) -> ScoringRunDocument:
    """Return a recalculation. Raises NotFound."""
    return existing(RUNS.scoped(scope).find_one({"jobId": job_id}), "Job not found")
