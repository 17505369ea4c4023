"""URLs of the service buyers; literal segments before ids."""

from core.api.routing import route
from core.api.urls import handler400, handler404, handler500, service_urls
from core.events.exporting import export_view
from services.buyers.buyers.api import (
    BulkBuyers,
    BuyerAnalytics,
    BuyerDeals,
    BuyerDetail,
    BuyerHistory,
    BuyerPreferences,
    Buyers,
    BuyersAtPlace,
    BuyerSearch,
    BuyerStats,
    ExportBuyers,
)
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.publishing import snapshot
from services.buyers.matching.api import (
    BuyerMatches,
    GenerateMatches,
    LeadBuyers,
    MatchDetail,
    Matches,
    MatchStats,
    PropertyMatching,
)

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = [
    route("api/buyers", Buyers),
    route("api/buyers/search", BuyerSearch),
    route("api/buyers/search-by-location", BuyersAtPlace),
    route("api/buyers/analytics", BuyerAnalytics),
    route("api/buyers/bulk", BulkBuyers),
    route("api/buyers/export", ExportBuyers),
    route("api/buyers/matching", PropertyMatching),
    route("api/buyers/stats", BuyerStats),
    route("api/buyers/matches", Matches),
    route("api/buyers/matches/stats", MatchStats),
    route("api/buyers/matches/generate", GenerateMatches),
    route("api/buyers/matches/<matchId>", MatchDetail),
    route("api/buyers/<id>", BuyerDetail),
    route("api/buyers/<id>/matches", BuyerMatches),
    route("api/buyers/<id>/preferences", BuyerPreferences),
    route("api/buyers/<id>/history", BuyerHistory),
    route("api/buyers/<id>/deals", BuyerDeals),
    route("api/ai/leads/<id>/match-buyers", LeadBuyers),
    route("internal/buyers/export/buyers", export_view(BUYERS, snapshot)),
]

urlpatterns = service_urls("buyers", PATTERNS)
