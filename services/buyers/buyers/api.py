"""Routes of buyers: bare objects and arrays."""

import re
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageRequest
from core.api.parsing import plain_body
from core.api.permissions import needs
from core.api.views import ContractView
from core.documents.collection import now
from services.buyers.buyers import actions, queries, rules
from services.buyers.buyers.rendering import buyer
from services.buyers.buyers.serializers import (
    AliasBuyerBody,
    BuyerQuery,
    CreateBuyerBody,
    SearchQuery,
    UpdateBuyerBody,
)

READ, CREATE = needs("buyers:read"), needs("buyers:create")
UPDATE, DELETE = needs("buyers:update"), needs("buyers:delete")
_COUNT = re.compile("0*[1-9][0-9]{0,5}")


class Buyers(ContractView):
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


class BuyerSearch(ContractView):
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


class BuyerStats(ContractView):
    """Counters of the tenant's buyers."""

    access = {"get": READ}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(queries.buyer_stats(self.scope, now()))


class BuyerDetail(ContractView):
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
