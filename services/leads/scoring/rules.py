"""Rules of scoring (contract/leads-rules.md §7): the default configuration, a lead's score, what a configuration may be. Pure."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from services.leads.leads.documents import LeadDocument
from services.leads.scoring.factors import FACTORS

CATEGORIES = ("demographic", "behavioral", "financial", "engagement", "source")
ALGORITHMS = ("weighted", "ml", "hybrid")
FREQUENCIES = ("realtime", "daily", "weekly")
MOST_AT_ONCE = 1_000

Configuration = dict[str, Any]
Result = dict[str, Any]

# What a score looks at.
PROJECTION = dict.fromkeys(
    (
        "leadId",
        "tenantId",
        "propertyPreferences",
        "financialInfo",
        "communicationHistory",
        "source",
        "status",
        "expectedCloseDate",
        "nextFollowUpDate",
        "propertiesViewed",
        "offers",
        "createdAt",
        "score",
    ),
    1,
)
# The explanation's words; categories follow the configured thresholds.
_HOT, _WARM = 80, 60


def _factor(name: str, weight: float, category: str, description: str) -> dict[str, Any]:
    named = {"name": name, "weight": weight, "minValue": 0, "maxValue": 100}
    return {**named, "description": description, "category": category}


DEFAULT: Configuration = {
    "factors": [
        _factor(
            "property_preferences_match",
            15,
            "demographic",
            "Match between lead preferences and available properties",
        ),
        _factor("location_preference", 10, "demographic", "Location preference strength and specificity"),
        _factor("budget_alignment", 20, "financial", "Alignment between budget and property prices"),
        _factor("financial_qualification", 25, "financial", "Financial qualification strength"),
        _factor("engagement_level", 15, "engagement", "Level of engagement with communications"),
        _factor("source_quality", 8, "source", "Quality of lead source"),
        _factor("urgency_indicator", 12, "behavioral", "Indicators of urgency to buy/sell"),
        _factor("communication_responsiveness", 10, "engagement", "Response time and quality to communications"),
        _factor("market_knowledge", 5, "behavioral", "Knowledge of real estate market"),
    ],
    "algorithm": "weighted",
    "updateFrequency": "realtime",
    "minScore": 0,
    "maxScore": 100,
    "thresholds": {"hot": 80, "warm": 60, "cold": 40},
}


def score(lead: LeadDocument, configuration: Configuration, moment: datetime) -> Result:
    """Return ScoringResult (contract/leads.yaml) of a lead at `moment`: what it reaches, of what, and why."""
    scored = sorted(
        (_factor_score(lead, factor, moment) for factor in configuration["factors"]),
        key=lambda one: -one["weightedScore"],
    )
    total, possible = sum(one["weightedScore"] for one in scored), sum(one["weight"] for one in scored)
    percentage = round(total / possible * 100, 2) if possible else 0
    return {
        "totalScore": round(total, 2),
        "maxPossibleScore": possible,
        "percentageScore": percentage,
        "factorScores": scored,
        "explanation": _explanation(percentage, scored),
        "confidence": _confidence(lead, scored, moment),
        "lastUpdated": moment,
    }


def category(percentage: float, thresholds: dict[str, float]) -> str:
    """Return hot, warm or cold."""
    if percentage >= thresholds["hot"]:
        return "hot"
    return "warm" if percentage >= thresholds["warm"] else "cold"


def verdict_on(configuration: Configuration) -> dict[str, Any]:
    """Return `{valid, errors, warnings}`: what of a well-formed configuration makes no sense."""
    factors, thresholds = configuration["factors"], configuration["thresholds"]
    total = sum(factor["weight"] for factor in factors)
    repeated = [name for name, count in Counter(factor["name"] for factor in factors).items() if count > 1]
    errors = [f"Total factor weights must equal 100, got {total:g}"] if total != 100 else []
    if thresholds["hot"] <= thresholds["warm"]:
        errors.append("Hot threshold must be greater than warm threshold")
    if thresholds["warm"] <= thresholds["cold"]:
        errors.append("Warm threshold must be greater than cold threshold")
    if repeated:
        errors.append(f"Duplicate factor names: {', '.join(repeated)}")
    idle = [factor["name"] for factor in factors if factor["weight"] == 0]
    warnings = [f"Factors with zero weight: {', '.join(idle)}"] if idle else []
    return {"valid": not errors, "errors": errors, "warnings": warnings}


def _factor_score(lead: LeadDocument, factor: dict[str, Any], moment: datetime) -> dict[str, Any]:
    look = FACTORS.get(factor["name"])
    points, text = look(lead, moment) if look else (0, "Unknown factor")
    points, highest = min(points, 100), factor["maxValue"]
    weighted = points / highest * factor["weight"] if highest else 0
    return {
        "factor": factor["name"],
        "score": points,
        "weight": factor["weight"],
        "weightedScore": weighted,
        "explanation": text,
        "category": factor["category"],
    }


def _explanation(percentage: float, scored: list[dict[str, Any]]) -> str:
    word = "hot" if percentage >= _HOT else "warm" if percentage >= _WARM else "cold"
    best = (f"{one['factor'].replace('_', ' ')} ({one['weightedScore']:.1f} points)" for one in scored[:3])
    return f"Lead scored as {word} ({percentage:.1f}%) based primarily on: {', '.join(best)}"


def _confidence(lead: LeadDocument, scored: list[dict[str, Any]], moment: datetime) -> float:
    silent = sum(one["score"] == 0 for one in scored) / len(scored) * 100 if scored else 100
    created = lead.get("createdAt")
    age = moment - (created if created.tzinfo else created.replace(tzinfo=UTC)) if created else timedelta(0)
    young = 20 if age < timedelta(days=7) else 10 if age < timedelta(days=30) else 0
    return round(max(0.0, 100 - 0.5 * silent - young), 2)
