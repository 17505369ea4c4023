"""Routes of matches."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageRequest
from core.api.views import LimitedView
from core.errors import NotFound
from services.buyers.buyers.api import READ, UPDATE, page_in, pagination
from services.buyers.buyers.queries import buyer_by_id
from services.buyers.buyers.rendering import buyer
from services.buyers.matching import actions, properties, queries
from services.buyers.matching.documents import MatchDocument
from services.buyers.matching.serializers import BuyerMatchQuery, CriteriaBody, DecisionBody, GenerateBody, MatchQuery


def _wire(matches: list[queries.Joined]) -> list[dict[str, Any]]:
    return [queries.rendered(match, buyer(match[1])) for match in matches]


class Matches(LimitedView):
    """The tenant's matches."""

    access = {"get": READ}
    queries = {"get": MatchQuery}

    def get(self, request: Request) -> Response:
        """Answer a bare array, best first, or a page when page or limit is sent."""
        query = self.validated_query()
        page = page_in(query)
        found, total = queries.list_matches(self.scope, query, page)
        wire = _searched(_wire(found), query.get("search"))
        return Response(wire if page is None else {"matches": wire, "pagination": pagination(page, total)})


class MatchStats(LimitedView):
    """Counters of the tenant's matches."""

    access = {"get": READ}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(queries.match_stats(self.scope))


class GenerateMatches(LimitedView):
    """Match again, now."""

    access = {"post": UPDATE}
    bodies = {"post": GenerateBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the best matches afterwards, and how many are new."""
        body = self.validated_body()
        buyer_ids, lead_ids = body.get("buyerIds") or [], body.get("leadIds") or []
        before = queries.match_stats(self.scope)["totalMatches"]
        actions.generate(self.scope, buyer_ids, lead_ids)
        after = queries.match_stats(self.scope)["totalMatches"]
        page = PageRequest(1, 100)
        found, total = queries.list_matches(self.scope, {"minScore": body["minScore"]}, page)
        created = max(0, after - before)
        return Response({"matches": _wire(found), "created": created, "updated": max(0, total - created)})


class MatchDetail(LimitedView):
    """One match."""

    access = {"get": READ, "patch": UPDATE}
    bodies = {"patch": DecisionBody}

    def get(self, request: Request, matchId: str) -> Response:  # noqa: N803 - path name of the contract
        """Answer the match."""
        return self._answer(queries.match_by_id(self.scope, matchId))

    def patch(self, request: Request, matchId: str) -> Response:  # noqa: N803
        """Record a decision."""
        return self._answer(actions.decide(self.scope, matchId, self.validated_body()))

    def _answer(self, match: MatchDocument) -> Response:
        found = queries.joined(self.scope, [match])
        if not found:
            raise NotFound("Match not found")
        return Response(_wire(found)[0])


class PropertyMatching(LimitedView):
    """Buyers and the properties of leads, scored now."""

    access = {"post": READ}
    bodies = {"post": CriteriaBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the twenty best pairs. Raises NotFound for an unknown buyer."""
        pairs = properties.best_pairs(self.scope, self.validated_body())
        told = [properties.rendered(pair, buyer(pair.buyer)) for pair in pairs]
        return Response({"success": True, "matches": told, "totalMatches": len(told)})


class LeadBuyers(LimitedView):
    """The buyers who fit one lead, scored now."""

    access = {"post": READ}
    statuses = {"post": 200}

    def post(self, request: Request, id: str) -> Response:
        """Answer the twenty best, in the documented words. Raises NotFound."""
        found = properties.best_buyers(self.scope, id)
        return Response(
            {
                "matches": [
                    {
                        "buyer_id": owner["_id"],
                        "buyer_name": owner.get("companyName") or owner.get("contactName") or "",
                        "match_score": score.total,
                        "match_reasons": list(score.details),
                    }
                    for owner, score in found
                ]
            }
        )


class BuyerMatches(LimitedView):
    """The matches of one buyer."""

    access = {"get": READ}
    queries = {"get": BuyerMatchQuery}

    def get(self, request: Request, id: str) -> Response:
        """Answer a bare array, best first."""
        owner = buyer_by_id(self.scope, id)
        query = {"buyerId": str(owner["_id"]), "minScore": self.validated_query().get("minScore")}
        return Response(_wire(queries.list_matches(self.scope, query, None)[0]))


def _searched(matches: list[dict[str, Any]], text: str | None) -> list[dict[str, Any]]:
    """Keep the matches in whose names `text` occurs."""
    if not text:
        return matches
    wanted = text.lower()
    return [match for match in matches if any(wanted in name.lower() for name in _names(match))]


def _names(match: dict[str, Any]) -> tuple[str, ...]:
    owner, lead = match["buyer"], match["lead"]
    return owner["companyName"], owner["contactName"], lead["firstName"], lead["lastName"]
