"""URLs of scoring; literal segments before ids."""

from core.api.routing import route
from services.leads.scoring.api import (
    Configuration,
    ExplainScore,
    Factors,
    RecalculateAll,
    RecalculationJob,
    ScoreBatch,
    ScoreLead,
    ScoringPerformance,
    ScoringStats,
    ValidateConfiguration,
)

PATTERNS = [
    route("api/leads/scoring/batch", ScoreBatch),
    route("api/leads/scoring/configuration", Configuration),
    route("api/leads/scoring/stats", ScoringStats),
    route("api/leads/scoring/performance", ScoringPerformance),
    route("api/leads/scoring/recalculate-all", RecalculateAll),
    route("api/leads/scoring/recalculate-all/<jobId>", RecalculationJob),
    route("api/leads/scoring/factors", Factors),
    route("api/leads/scoring/validate-configuration", ValidateConfiguration),
    route("api/leads/scoring/explain/<leadId>", ExplainScore),
    route("api/leads/scoring/<leadId>/score", ScoreLead),
]
