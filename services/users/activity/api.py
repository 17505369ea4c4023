"""Routes of the activity log and the status history: the old envelope around everything."""

from collections.abc import Iterable
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import needs, signed_in
from core.documents.scope import TenantScope
from services.users.accounts.api import PagedView, enveloped, self_or_reader
from services.users.accounts.serializers import PageQuery
from services.users.activity import actions, queries
from services.users.activity.exporting import as_csv, as_json
from services.users.activity.rendering import entry, expanded
from services.users.activity.rules import PROFILE_TYPES
from services.users.activity.serializers import (
    ActivityQuery,
    ActivityRetention,
    ExportBody,
    HistoryRetention,
    StatisticsQuery,
)


class TenantLogView(PagedView):
    """A route about the whole log of one tenant."""

    @property
    def scope(self) -> TenantScope:
        """The caller's tenant. Raises NoTenant without one: no caller reads or purges the logs of all tenants."""
        scope = super().scope
        scope.require_tenant()
        return scope


class UserActivity(PagedView):
    """A person's activity log."""

    access = {"get": signed_in()}
    queries = {"get": PageQuery}
    message = "User activity retrieved successfully"
    types: ClassVar[Iterable[str]] = ()

    def get(self, request: Request, id: str | None = None) -> Response:
        """Answer a page, newest first; nothing for an unknown person."""
        user_id = id or self.principal.user_id
        self_or_reader(self, user_id)
        _, page = self.page()
        found, total = queries.activities_of(self.scope, user_id, page, self.types)
        data = {"activities": [entry(document) for document in found], "pagination": page.nested(total)}
        return enveloped(self.message, data)


class ProfileActivity(UserActivity):
    """What happened to the caller's profile."""

    message = "User profile activity retrieved successfully"
    types = PROFILE_TYPES


class StatusHistory(PagedView):
    """A person's status changes."""

    access = {"get": signed_in()}
    queries = {"get": PageQuery}

    def get(self, request: Request, id: str) -> Response:
        """Answer a page, newest first."""
        self_or_reader(self, id)
        _, page = self.page()
        found, total, people = queries.status_history_of(self.scope, id, page)
        data = {"history": [expanded(document, people) for document in found], "pagination": page.nested(total)}
        return enveloped("User status history retrieved successfully", data)


class ActivitySearch(TenantLogView):
    """The tenant's activity log."""

    access = {"get": needs("users:read")}
    queries = {"get": ActivityQuery}

    def get(self, request: Request) -> Response:
        """Answer a page of activities that match all filters."""
        query, page = self.page()
        found, total, people = queries.search_activities(self.scope, query, page)
        shown = [expanded(document, people) for document in found]
        return enveloped("Activities retrieved successfully", {"activities": shown, "pagination": page.nested(total)})


class ActivityStatistics(TenantLogView):
    """How much happens in the tenant."""

    access = {"get": needs("users:read")}
    queries = {"get": StatisticsQuery}

    def get(self, request: Request) -> Response:
        """Answer the counters of the last days."""
        days = self.numeric_query("days")["days"]
        counters = queries.activity_statistics(self.scope, days)
        return enveloped("Activity statistics retrieved successfully", counters)


class ActivityExport(TenantLogView):
    """The tenant's activity log as one text."""

    access = {"post": needs("users:read", "reports:export")}
    bodies = {"post": ExportBody}

    def post(self, request: Request) -> Response:
        """Answer the activities that match, newest first, as JSON or CSV."""
        body = self.validated_body()
        entries = queries.exported_activities(self.scope, body)
        content = as_csv(entries) if body["format"] == "csv" else as_json(entries)
        data = {"format": body["format"], "content": content}
        return enveloped("Activity logs exported successfully", data, 201)


class ActivityCleanup(TenantLogView):
    """Old activities."""

    access = {"post": needs("system:settings")}
    queries = {"post": ActivityRetention}
    clean, message = staticmethod(actions.clean_activities), "Activity logs cleaned up successfully"

    def post(self, request: Request) -> Response:
        """Delete the tenant's entries that are older than the retention, of activities not the critical ones."""
        days = self.numeric_query("retentionDays")["retentionDays"]
        return enveloped(self.message, {"deletedCount": self.clean(self.scope, days)}, 201)


class StatusHistoryCleanup(ActivityCleanup):
    """Old status changes."""

    queries = {"post": HistoryRetention}
    clean, message = staticmethod(actions.clean_status_history), "Status history cleaned up successfully"
