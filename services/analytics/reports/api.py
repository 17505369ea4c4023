"""Routes of pipelines, the documented team table, and exports."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import needs
from core.api.turns import one_at_a_time
from core.api.views import LimitedView
from core.documents.collection import now
from core.errors import BadRequest
from services.analytics.dashboards import figures, queries
from services.analytics.dashboards.api import READ, filters_of
from services.analytics.dashboards.windows import DOCUMENTED, RANGES, Window, window
from services.analytics.reports import rules
from services.analytics.reports.serializers import AnalyticsExportBody, PeriodQuery, PipelineQuery
from services.analytics.reports.tables import Table, Wanted, lead_count, tables
from services.analytics.reports.writing import as_csv, as_pdf, as_workbook

# A workbook is written before its first byte is sent, and the gateway waits 30 s.
MOST_LEADS = 100_000
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BUSY = "Another export of yours is still being written"


class LeadPipeline(LimitedView):
    """How many leads stand where, and how many went on."""

    access = {"get": READ}
    queries = {"get": PeriodQuery}

    def get(self, request: Request) -> Response:
        """Answer LeadPipeline of the leads created in the period."""
        found = rules.pipeline(queries.status_counts(self.scope, _period(self.validated_query())))
        names = ("new_to_contacted", "contacted_to_contract", "contract_to_closed")
        rates = dict(zip(names, rules.step_rates(found), strict=True))
        return Response({"pipeline": found, "conversion_rates": rates})


class TeamTable(LimitedView):
    """The team's figures as the documents describe them."""

    access = {"get": READ}
    queries = {"get": PeriodQuery}

    def get(self, request: Request) -> Response:
        """Answer TeamPerformanceDoc."""
        asked = _period(self.validated_query())
        return Response(figures.documented_team(self.principal, asked, asked.end))


class PipelineReport(LimitedView):
    """Leads by status."""

    access = {"get": READ}
    queries = {"get": PipelineQuery}

    def get(self, request: Request) -> Response:
        """Answer the leads created between `from` and `to` by status, and the share that went on at each step."""
        query, moment = self.validated_query(), now()
        counts = queries.status_counts(self.scope, _between(query.get("from"), query.get("to"), moment))
        names = ("newToContacted", "contactedToContract", "contractToClosed")
        rates = dict(zip(names, rules.step_rates(rules.pipeline(counts)), strict=True))
        return Response({"countsByStatus": rules.by_status(counts), "conversions": rates})


class Export(LimitedView):
    """All figures as a file."""

    access = {"post": needs("reports:export")}
    bodies = {"post": AnalyticsExportBody}

    @one_at_a_time("analytics-export", _BUSY)
    def post(self, request: Request) -> HttpResponseBase:
        """Answer the file. Raises BadRequest for more leads than one file holds."""
        body, moment = self.validated_body(), now()
        asked, filters = _asked(body, moment), filters_of(body.get("filters", {}))
        wanted = Wanted(body["includeMetrics"], body["includeCharts"], body["includeData"])
        if wanted.data and lead_count(self.scope, self.principal, filters, asked) > MOST_LEADS:
            raise BadRequest(f"Too many leads to export (at most {MOST_LEADS:,}): choose a shorter period")
        found = tables(self.principal, filters, asked, wanted)
        return _file(body["format"], found, moment)


def _file(kind: str, found: Iterable[Table], moment: datetime) -> HttpResponseBase:
    name = f"analytics-export-{moment:%Y-%m-%d}"
    if kind == "csv":
        answer = StreamingHttpResponse(as_csv(found), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    if kind == "excel":
        return FileResponse(as_workbook(found), as_attachment=True, filename=f"{name}.xlsx", content_type=_SHEET)
    title = f"Analytics of {moment:%d %B %Y}"
    pdf = as_pdf(found, title)
    return FileResponse(pdf, as_attachment=True, filename=f"{name}.pdf", content_type="application/pdf")


def _period(query: dict[str, str]) -> Window:
    return window(now(), DOCUMENTED[query["date_range"]], None, None)


def _between(first: datetime | None, last: datetime | None, moment: datetime) -> Window | None:
    if first is None and last is None:
        return None
    if first is None:
        return Window(datetime.min.replace(tzinfo=moment.tzinfo), window(moment, "1y", None, last).end)
    return window(moment, "1y", first, last)


def _asked(body: dict[str, Any], moment: datetime) -> Window:
    filters = body.get("filters", {})
    named = body.get("timeRange") or body.get("dateRange") or filters.get("timeRange") or "30d"
    time_range = named if named in RANGES else DOCUMENTED[named]
    return window(moment, time_range, filters.get("dateFrom"), filters.get("dateTo"))
