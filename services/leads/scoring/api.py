"""Routes of scoring: bare objects."""

import time
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parsing import plain_body
from core.api.permissions import roles
from core.api.views import ContractView
from core.worker.jobs import enqueue
from services.leads.leads.api import MANAGERS, MEMBERS
from services.leads.scoring import actions, queries, rules
from services.leads.scoring.documents import ScoringRunDocument
from services.leads.scoring.serializers import (
    BatchBody,
    ConfigurationBody,
    ConfigurationChangesBody,
)
from services.leads.scoring.tasks import recalculate

# ruff: noqa: N803 - path names of the contract

ADMINS = roles("admin")


class ScoreLead(ContractView):
    """The score of one lead."""

    access = {"post": MEMBERS}
    bodies = {"post": ConfigurationBody}

    def post(self, request: Request, leadId: str) -> Response:
        """Answer the score by the sent configuration, or by the tenant's; nothing is stored."""
        sent = self.validated_body() if plain_body(request.data) else None
        lead = queries.lead_to_score(self.scope, leadId)
        stored = queries.configuration_of(self.scope.for_tenant(lead["tenantId"]))
        return Response(queries.scored(lead, sent or stored, stored["thresholds"]), status=201)


class ScoreBatch(ContractView):
    """The scores of several leads."""

    access = {"post": MANAGERS}
    bodies = {"post": BatchBody}

    def post(self, request: Request) -> Response:
        """Answer the scores of the leads that are there; nothing is stored."""
        body, started = self.validated_body(), time.perf_counter()
        stored = queries.configuration_of(self.scope)
        configuration, wanted = body.get("configuration") or stored, dict.fromkeys(body["leadIds"])
        leads = queries.leads_to_score(self.scope, list(wanted))
        results = [queries.scored(lead, configuration, stored["thresholds"]) for lead in leads]
        answer = {"results": results, "totalProcessed": len(body["leadIds"]), "successful": len(results)}
        spent = (time.perf_counter() - started) * 1000
        answer |= {"failed": len(wanted) - len(results), "processingTimeMs": round(spent, 3)}
        return Response(answer, status=201)


class Configuration(ContractView):
    """How the tenant weighs its leads."""

    access = {"get": MANAGERS, "put": ADMINS}
    bodies = {"put": ConfigurationChangesBody}

    def get(self, request: Request) -> Response:
        """Answer the configuration."""
        return Response(queries.configuration_of(self.scope))

    def put(self, request: Request) -> Response:
        """Replace the sent members."""
        return Response(actions.save_configuration(self.scope, self.validated_body()))


class ValidateConfiguration(ContractView):
    """Whether a configuration makes sense."""

    access = {"post": MANAGERS}
    bodies = {"post": ConfigurationBody}

    def post(self, request: Request) -> Response:
        """Answer what is wrong with it."""
        return Response(rules.verdict_on(self.validated_body()), status=201)


class Factors(ContractView):
    """What scores look at."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the factors with their weights."""
        return Response({"factors": queries.configuration_of(self.scope)["factors"]})


class ExplainScore(ContractView):
    """Why a lead has its score."""

    access = {"get": MEMBERS}

    def get(self, request: Request, leadId: str) -> Response:
        """Answer the points of each factor, with the tenant's configuration."""
        lead = queries.lead_to_score(self.scope, leadId)
        configuration = queries.configuration_of(self.scope.for_tenant(lead["tenantId"]))
        return Response(queries.scored(lead, configuration, configuration["thresholds"])["score"])


class ScoringStats(ContractView):
    """What the stored scores come to."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the figures of the last recalculation."""
        return Response(queries.statistics(self.scope))


class ScoringPerformance(ContractView):
    """How fast scores are made."""

    access = {"get": MANAGERS}

    def get(self, request: Request) -> Response:
        """Answer the figures of all recalculations."""
        return Response(queries.performance(self.scope))


class RecalculateAll(ContractView):
    """Scoring of all leads of the tenant."""

    access = {"post": ADMINS}
    statuses = {"post": 202}

    def post(self, request: Request) -> Response:
        """Start it; the job shows the progress."""
        run = actions.start_recalculation(self.scope)
        enqueue(recalculate, str(run["_id"]))
        return Response({"message": "Lead score recalculation job started", "jobId": run["jobId"]}, status=202)


class RecalculationJob(ContractView):
    """A recalculation."""

    access = {"get": ADMINS}

    def get(self, request: Request, jobId: str) -> Response:
        """Answer how far it is."""
        return Response(job(queries.run_by_job(self.scope, jobId)))


def job(run: ScoringRunDocument) -> dict[str, Any]:
    """Return ScoringJob (contract/leads.yaml)."""
    total = run["total"]
    progress = 100 if run["status"] == "completed" else min(99, round(run["processed"] / total * 100)) if total else 0
    counters = {"processed": run["processed"], "failed": run["failed"], "total": total}
    moments = {"startedAt": run["createdAt"], "finishedAt": run["finishedAt"]}
    return {
        "jobId": run["jobId"],
        "status": run["status"],
        "reason": run.get("reason"),
        "progress": progress,
        **counters,
        **moments,
    }
