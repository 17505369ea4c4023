"""Routes of preferences: bare objects; the caller's own, and those of a person of the tenant."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import roles, signed_in
from core.api.views import ContractView
from services.users.accounts.api import PagedView
from services.users.accounts.queries import user_by_id
from services.users.accounts.serializers import PageQuery
from services.users.preferences import actions, queries
from services.users.preferences.rendering import change, preferences
from services.users.preferences.serializers import UpdatePreferencesBody

_STAFF = roles("admin", "manager")


class OwnPreferences(ContractView):
    """The caller's preferences."""

    access = {"get": signed_in(), "put": signed_in()}
    bodies = {"put": UpdatePreferencesBody}

    def get(self, request: Request) -> Response:
        """Answer the document, made with the defaults at the first read."""
        return Response(preferences(actions.read_preferences(self.principal.user_id)))

    def put(self, request: Request) -> Response:
        """Merge the sent groups and answer the document."""
        return _updated(self, self.principal.user_id)


class OwnPreferencesReset(ContractView):
    """The caller's way back to the defaults."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Reset and answer the document."""
        return Response(preferences(actions.reset_preferences(self.principal, self.principal.user_id)))


class OwnPreferenceHistory(PagedView):
    """How the caller's preferences changed."""

    access = {"get": signed_in()}
    queries = {"get": PageQuery}

    def get(self, request: Request) -> Response:
        """Answer a page, newest first."""
        return _history(self, self.principal.user_id)


class PersonPreferences(ContractView):
    """The preferences of a person of the tenant."""

    access = {"get": _STAFF, "put": _STAFF}
    bodies = {"put": UpdatePreferencesBody}

    def get(self, request: Request, userId: str) -> Response:  # noqa: N803 - path name of the contract
        """Answer the document, made with the defaults at the first read."""
        user_by_id(self.scope, userId)
        return Response(preferences(actions.read_preferences(userId)))

    def put(self, request: Request, userId: str) -> Response:  # noqa: N803
        """Merge the sent groups and answer the document."""
        return _updated(self, userId)


class PersonPreferencesReset(ContractView):
    """A person's way back to the defaults."""

    access = {"post": _STAFF}
    statuses = {"post": 200}

    def post(self, request: Request, userId: str) -> Response:  # noqa: N803
        """Reset and answer the document."""
        return Response(preferences(actions.reset_preferences(self.principal, userId)))


class PersonPreferenceHistory(PagedView):
    """How a person's preferences changed."""

    access = {"get": _STAFF}
    queries = {"get": PageQuery}

    def get(self, request: Request, userId: str) -> Response:  # noqa: N803
        """Answer a page, newest first."""
        user_by_id(self.scope, userId)
        return _history(self, userId)


def _updated(view: ContractView, user_id: str) -> Response:
    wanted = view.validated_body()["preferences"]
    return Response(preferences(actions.update_preferences(view.principal, user_id, wanted)))


def _history(view: PagedView, user_id: str) -> Response:
    _, page = view.page()
    found, total = queries.history_of(user_id, page)
    return Response({"changes": [change(entry) for entry in found], "total": total})
