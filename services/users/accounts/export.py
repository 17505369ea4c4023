"""The exports of people, from which other services rebuild their copies."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import internal
from core.api.views import InternalView
from core.events.exporting import ExportQuery, exported_page
from services.users.accounts.models import USERS
from services.users.accounts.publishing import access_of, snapshot


class UserExport(InternalView):
    """All people, page by page."""

    access = {"get": internal()}
    queries = {"get": ExportQuery}

    def get(self, request: Request) -> Response:
        """Answer a page in the order of ids."""
        query = self.validated_query()
        return Response(exported_page(USERS, snapshot, after=query.get("after"), limit=query["limit"]))


class AccessExport(InternalView):
    """What everybody may do, page by page."""

    access = {"get": internal()}
    queries = {"get": ExportQuery}

    def get(self, request: Request) -> Response:
        """Answer a page in the order of ids."""
        query = self.validated_query()
        return Response(exported_page(USERS, access_of, after=query.get("after"), limit=query["limit"]))
