"""Use cases of scoring: configure, and score all leads of a tenant again."""

import time
from collections.abc import Mapping

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from core import runs
from core.documents.collection import now
from core.documents.scope import TenantScope
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_changes
from services.leads.scoring import rules
from services.leads.scoring.documents import ScoringRunDocument
from services.leads.scoring.models import CONFIGURATIONS, RUNS
from services.leads.scoring.queries import configuration_of

_STEP = 200


def save_configuration(scope: TenantScope, changes: Mapping[str, object]) -> rules.Configuration:
    """Replace the sent members of the tenant's configuration and return all of it. Raises NoTenant without a tenant."""
    scope.require_tenant()
    if not changes:
        return configuration_of(scope)
    fields = {f"configuration.{name}": value for name, value in changes.items()}
    change = {"$set": {**fields, "updatedBy": scope.actor_id}}
    view = CONFIGURATIONS.scoped(scope)
    try:
        view.update_one({}, change, upsert=True)
    except DuplicateKeyError:
        # Another request created the tenant's first one in the same moment.
        view.update_one({}, change)
    return configuration_of(scope)


def start_recalculation(scope: TenantScope) -> ScoringRunDocument:
    """Store that all leads of the tenant are to be scored again, and return the run; an unfinished one is returned as it is.
    Raises NoTenant without a tenant."""
    scope.require_tenant()
    view = RUNS.scoped(scope)
    going_on = view.find_one({"status": {"$in": [runs.PENDING, runs.RUNNING]}})
    if going_on is not None:
        return going_on
    return view.insert_one(
        {
            **runs.new_run(),
            "jobId": f"recalc_{time.time_ns() // 1_000_000}",
            "startedBy": scope.actor_id,
            "configuration": configuration_of(scope),
            "cursor": None,
            "total": LEADS.scoped(scope).count({}),
            "processed": 0,
            "failed": 0,
            "milliseconds": 0,
        }
    )


def recalculate_some(run: ScoringRunDocument) -> runs.Changes:
    """Score the next leads of a run and return what to note in it (core.runs)."""
    started, scope = time.perf_counter(), TenantScope.of_tenant(run["tenantId"], run["startedBy"])
    view = LEADS.scoped(scope)
    after = {"_id": {"$gt": run["cursor"]}} if run["cursor"] else {}
    leads = list(view.find(after, sort=[("_id", 1)], limit=_STEP))
    if not leads:
        return {"status": runs.COMPLETED}
    changes, failed = _changes(leads, run["configuration"])
    view.update_each([({"_id": key}, {"$set": fields}) for key, fields in changes.items()])
    _publish(scope, leads, changes)
    return {
        "cursor": leads[-1]["_id"],
        "processed": run["processed"] + len(leads),
        "failed": run["failed"] + failed,
        "milliseconds": run["milliseconds"] + (time.perf_counter() - started) * 1000,
    }


def _changes(leads: list[LeadDocument], configuration: rules.Configuration) -> tuple[dict[ObjectId, LeadDocument], int]:
    """Return what changes in each lead whose score is not what is stored, and how many could not be scored."""
    thresholds = configuration["thresholds"]
    changes: dict[ObjectId, LeadDocument] = {}
    failed = 0
    for lead in leads:
        try:
            fields = _stored_result(rules.score(lead, configuration, now()), thresholds)
        except (TypeError, ValueError, AttributeError):
            # A document of the old system that has no valid form.
            failed += 1
            continue
        if any(lead.get(name) != value for name, value in fields.items()):
            # This is no user's change: the lead keeps its place in lists by last change.
            changes[lead["_id"]] = {**fields, "updatedAt": lead.get("updatedAt") or now()}
    return changes, failed


def _stored_result(result: rules.Result, thresholds: dict[str, float]) -> LeadDocument:
    points = {one["factor"].replace(".", "_").lstrip("$"): one["score"] for one in result["factorScores"]}
    percentage = result["percentageScore"]
    return {"score": percentage, "scoring": {"category": rules.category(percentage, thresholds), "factors": points}}


def _publish(scope: TenantScope, leads: list[LeadDocument], changes: dict[ObjectId, LeadDocument]) -> None:
    """Tell of the leads whose score is another one."""
    before = {
        lead["_id"]: lead
        for lead in leads
        if lead["_id"] in changes and lead.get("score") != changes[lead["_id"]]["score"]
    }
    if before:
        stored = LEADS.scoped(scope).find({"_id": {"$in": list(before)}})
        publish_changes((before[lead["_id"]], lead) for lead in stored)
