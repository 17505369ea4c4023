"""Routes of the activity log, habits and security."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import roles
from core.api.views import LimitedView
from core.errors import Forbidden
from core.identity.roles import ADMIN, MANAGER, OPERATOR
from services.analytics.activity import actions, queries, rules
from services.analytics.activity.documents import ActivityDocument
from services.analytics.activity.serializers import ActivityBody, ActivityQuery
from services.analytics.dashboards.api import READ
from services.analytics.dashboards.queries import names_of

_SENT = ("type", "entityType", "entityId", "description", "metadata")
_SHOWN = ("userId", *_SENT)


class Activities(LimitedView):
    """The activity log: managers see the tenant's, others their own."""

    access = {"get": READ, "post": READ}
    queries = {"get": ActivityQuery}
    bodies = {"post": ActivityBody}

    def get(self, request: Request) -> Response:
        """Answer a page, newest first. Raises Forbidden when others' activities are asked for without the right."""
        query = self.validated_query()
        skip = (query["page"] - 1) * query["limit"]
        found = queries.activities(
            self.scope, self._whose(query.get("userId")), query.get("type"), skip=skip, limit=query["limit"]
        )
        return Response([_shown(activity) for activity in found])

    def post(self, request: Request) -> Response:
        """Store what the caller did, now, and answer it."""
        body = self.validated_body()
        told: Any = {name: body[name] for name in _SENT if name in body}
        return Response(_shown(actions.note(self.scope, told)), status=201)

    def _whose(self, user_id: str | None) -> str | None:
        if self.principal.system_roles & {OPERATOR, ADMIN, MANAGER}:
            return user_id
        if user_id not in (None, self.principal.user_id):
            raise Forbidden
        return self.principal.user_id


class Behaviors(LimitedView):
    """What each person of the tenant did lately."""

    access = {"get": roles(OPERATOR, ADMIN, MANAGER)}

    def get(self, request: Request) -> Response:
        """Answer a habit for each person, the most active first."""
        rows = queries.counted(self.scope)
        return Response(rules.habits(rows, names_of(self.scope, {row["userId"] for row in rows})))


class Security(LimitedView):
    """What happened around the tenant's accounts lately."""

    access = {"get": roles(OPERATOR, ADMIN)}

    def get(self, request: Request) -> Response:
        """Answer counts by severity, type, day and person."""
        rows = queries.counted(self.scope, security=True)
        return Response(rules.security(rows, names_of(self.scope, {row["userId"] for row in rows})))


def _shown(activity: ActivityDocument) -> dict[str, Any]:
    """Return UserActivity (contract/analytics.yaml)."""
    told: dict[str, Any] = {name: value for name, value in activity.items() if name in _SHOWN}
    return {"id": activity["_id"], **told, "timestamp": activity["createdAt"]}
