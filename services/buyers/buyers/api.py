"""Routes of buyers: bare objects and arrays."""

import re
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageRequest
from core.api.parsing import plain_body
from core.api.permissions import needs
from core.api.views import LimitedView
from core.documents.collection import now
from core.errors import BadRequest, Forbidden
from services.buyers.buyers import actions, history, queries, rules
from services.buyers.buyers.exporting import attached, csv_lines, filters_in, json_lines
from services.buyers.buyers.places import place_of
from services.buyers.buyers.rendering import buyer, event, preferences
from services.buyers.buyers.serializers import (
    AliasBuyerBody,
    BulkBody,
    BuyerPreferencesBody,
    BuyerQuery,
    CreateBuyerBody,
    ExportQuery,
    HistoryQuery,
    PlaceQuery,
    RangeQuery,
    SearchQuery,
    UpdateBuyerBody,
)

READ, CREATE = needs("buyers:read"), needs("buyers:create")
UPDATE, DELETE = needs("buyers:update"), needs("buyers:delete")
_COUNT = re.compile("0*[1-9][0-9]{0,5}")


class Buyers(LimitedView):
    """The tenant's buyers."""

    access = {"get": READ, "post": CREATE}
    queries = {"get": BuyerQuery}
    bodies = {"post": CreateBuyerBody}

    def get(self, request: Request) -> Response:
        """Answer a bare array, or a page when page or limit is sent."""
        query = self.validated_query()
        page = page_in(query)
        found, total = queries.list_buyers(self.scope, query, page)
        wire = [buyer(document) for document in found]
        return Response(wire if page is None else {"buyers": wire, "pagination": pagination(page, total)})

    def post(self, request: Request) -> Response:
        """Create a buyer; the later import proxy sends other names."""
        body = plain_body(request.data)
        if "name" in body and "contactName" not in body:
            alias = AliasBuyerBody(data=body)
            alias.is_valid(raise_exception=True)
            fields = rules.from_alias(alias.validated_data)
        else:
            fields = self.validated_body()
        return Response(buyer(actions.create_buyer(self.scope, fields)), status=201)


class BuyerSearch(LimitedView):
    """The search of the later client."""

    access = {"get": READ}
    queries = {"get": SearchQuery}

    def get(self, request: Request) -> Response:
        """Answer a page by company name."""
        query = self.validated_query()
        page = PageRequest(_number(query["page"], 1), min(_number(query["limit"], 20), 100))
        found, total = queries.search_buyers(self.scope, query, page)
        wire = [buyer(document) for document in found]
        return Response({"buyers": wire, "total": total, "page": page.page, "limit": page.limit})


class BuyersAtPlace(LimitedView):
    """The active buyers who buy at a place."""

    access = {"get": READ}
    queries = {"get": PlaceQuery}

    def get(self, request: Request) -> Response:
        """Answer them, and the place as it was understood."""
        query = self.validated_query()
        place = place_of(query["city"], query["state"], query["zipCode"], query["address"])
        found = [buyer(document) for document in queries.buyers_at(self.scope, place)]
        understood = {"city": place.city, "state": place.state, "zipCode": place.zip_code, "address": query["address"]}
        asked = {name: text for name, text in understood.items() if text}
        return Response({"buyers": found, "total": len(found), "searchParams": asked})


class BuyerStats(LimitedView):
    """Counters of the tenant's buyers."""

    access = {"get": READ}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(queries.buyer_stats(self.scope, now()))


class BuyerAnalytics(LimitedView):
    """The figures of the buyers' page."""

    access = {"get": READ}
    queries = {"get": RangeQuery}

    def get(self, request: Request) -> Response:
        """Answer them."""
        time_range = self.validated_query()["timeRange"]
        return Response(queries.buyer_analytics(self.scope, time_range, now()))


class BulkBuyers(LimitedView):
    """One operation on several buyers."""

    access = {"post": UPDATE}
    bodies = {"post": BulkBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer how many buyers changed, and which ids are unknown. Raises Forbidden for a deletion without the right."""
        body = self.validated_body()
        operation, data = body["operation"], body["data"]
        buyer_ids = list(dict.fromkeys(data["buyerIds"]))
        if not buyer_ids:
            raise BadRequest(["data.buyerIds should not be empty"])
        if operation == "bulkDelete":
            if not DELETE.allows(self.principal):
                raise Forbidden
            return self._told("deleted", buyer_ids, actions.delete_buyers(self.scope, buyer_ids))
        changes = rules.bulk_changes(operation, data)
        return self._told("updated", buyer_ids, actions.update_buyers(self.scope, buyer_ids, changes))

    def _told(self, what: str, asked: list[str], done: list[str]) -> Response:
        errors = [f"Buyer {buyer_id} not found" for buyer_id in asked if buyer_id not in done]
        told = {"success": bool(done), "message": f"{len(done)} buyers {what}", f"{what}Count": len(done)}
        return Response({**told, **({"errors": errors} if errors else {})})


class ExportBuyers(LimitedView):
    """The buyers as a file."""

    access = {"get": READ}
    queries = {"get": ExportQuery}

    def get(self, request: Request) -> HttpResponseBase:
        """Answer the buyers that match, as they are read. `filters` that are no JSON object are ignored, as before."""
        query = self.validated_query()
        criteria = queries.export_criteria(filters_in(query["filters"]), inactive=query["includeInactive"])
        found = queries.exported_buyers(self.scope, criteria)
        if query["format"] == "json":
            total = queries.count_buyers(self.scope, criteria)
            return attached(json_lines(found, total, now()), "application/json; charset=utf-8", "buyers-export.json")
        return attached(csv_lines(found), "text/csv; charset=utf-8", "buyers-export.csv")


class BuyerPreferences(LimitedView):
    """What a buyer wants."""

    access = {"get": READ, "put": UPDATE}
    bodies = {"put": BuyerPreferencesBody}

    def get(self, request: Request, id: str) -> Response:
        """Answer the preferences."""
        return Response(preferences(queries.buyer_by_id(self.scope, id)))

    def put(self, request: Request, id: str) -> Response:
        """Change the sent members and answer all of them."""
        changes = self.validated_body()
        prices = changes.get("priceRange") or {}
        if prices.get("min", 0) > prices.get("max", prices.get("min", 0)):
            raise BadRequest(["priceRange.min must not be greater than priceRange.max"])
        return Response(preferences(actions.update_buyer(self.scope, id, changes)))


class BuyerHistory(LimitedView):
    """What happened to a buyer."""

    access = {"get": READ}
    queries = {"get": HistoryQuery}

    def get(self, request: Request, id: str) -> Response:
        """Answer the latest entries, newest first; those of a deleted buyer, too."""
        owner = queries.buyer_by_id(self.scope, id, deleted=True)
        found = history.entries_of(self.scope, owner["_id"], self.validated_query()["limit"])
        return Response([event(entry) for entry in found])


class BuyerDeals(LimitedView):
    """The deals with a buyer: nothing records deals yet."""

    access = {"get": READ}

    def get(self, request: Request, id: str) -> Response:
        """Answer none, of a buyer that is there."""
        queries.buyer_by_id(self.scope, id)
        return Response([])


class BuyerDetail(LimitedView):
    """One buyer."""

    access = {"get": READ, "put": UPDATE, "delete": DELETE}
    bodies = {"put": UpdateBuyerBody}
    statuses = {"delete": 204}

    def get(self, request: Request, id: str) -> Response:
        """Answer the buyer."""
        return Response(buyer(queries.buyer_by_id(self.scope, id)))

    def put(self, request: Request, id: str) -> Response:
        """Change the sent members and answer the full buyer."""
        return Response(buyer(actions.update_buyer(self.scope, id, self.validated_body())))

    def delete(self, request: Request, id: str) -> Response:
        """Delete the buyer softly."""
        actions.delete_buyer(self.scope, id)
        return Response(status=204)


def page_in(query: dict[str, Any]) -> PageRequest | None:
    """Return the page that `query` asks for, or None when it asks for everything."""
    if "page" not in query and "limit" not in query:
        return None
    return PageRequest(query.get("page", 1), query.get("limit", 20))


def pagination(page: PageRequest, total: int) -> dict[str, Any]:
    """Return Pagination (contract/buyers.yaml)."""
    pages = page.pages(total)
    return {
        "page": page.page,
        "limit": page.limit,
        "total": total,
        "total_pages": pages,
        "has_next": page.page < pages,
        "has_prev": page.page > 1,
    }


def _number(text: str, fallback: int) -> int:
    return int(text) if _COUNT.fullmatch(text) else fallback
