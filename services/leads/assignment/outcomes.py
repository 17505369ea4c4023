"""What becomes of assignments: agents accept, reject, complete; leases end. And what is set for an agent."""

from typing import Any

import structlog
from pymongo.errors import PyMongoError

from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.documents.uniqueness import unique_or
from core.errors import Conflict, Forbidden, NotFound
from services.leads.assignment import choosing, rules
from services.leads.assignment.documents import AgentDocument, AssignmentDocument
from services.leads.assignment.models import AGENTS, ASSIGNMENTS
from services.leads.assignment.placing import end
from services.leads.assignment.queries import agent_by_id, assignment_by_id, tenant_of
from services.leads.leads.actions import hand_lead
from services.leads.leads.models import LEADS
from services.leads.leads.queries import lead_by_id
from services.leads.queueing import actions as queue
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.queries import expired_items, open_item

log = structlog.get_logger(__name__)


@unique_or(Conflict, "Lead is already assigned")
@transactional("leads")
def set_status(
    scope: TenantScope, assignment_id: str, status: str | None, notes: str | None, *, own_only: bool
) -> AssignmentDocument:
    """Store the outcome of an assignment and return it; the queue and the lead follow. Raises NotFound, Forbidden for
    another agent's when `own_only`, Conflict when the lead has another agent again."""
    before = assignment_by_id(scope, assignment_id)
    if own_only and before["agentId"] != scope.actor_id:
        raise Forbidden("Forbidden resource")
    inside = scope.for_tenant(before["tenantId"])
    change = rules.change_to(status, before, now()) if status and status != before["status"] else {}
    if notes is not None:
        change = {**change, "$set": {**change.get("$set", {}), "notes": notes}}
    if not change:
        return before
    after = ASSIGNMENTS.scoped(inside).update_and_get({"_id": before["_id"]}, change)
    assert after is not None
    if scope.actor_id == before["agentId"]:
        active = {"$set": {"lastActiveAt": now()}}
        AGENTS.scoped(inside).update_one({"agentId": before["agentId"]}, active, upsert=True)
    _follow(inside, before, after)
    return after


def _follow(scope: TenantScope, before: AssignmentDocument, after: AssignmentDocument) -> None:
    """Let the lead and its queue item follow an assignment."""
    if after.get("open") and not before.get("open"):
        queue.hand_over(scope, after["leadId"], after["agentId"], str(after["_id"]))
        hand_lead(scope, after["leadId"], after["agentId"])
        return
    item = open_item(scope, after["leadId"])
    bound = item if item and item.get("assignmentId") == str(after["_id"]) else None
    if bound and after["status"] == rules.ACCEPTED:
        queue.keep(scope, bound)
    elif bound and after["status"] == rules.COMPLETED:
        queue.complete(scope, bound)
    elif before.get("open") and after["status"] in (rules.REJECTED, rules.REASSIGNED):
        if bound:
            queue.give_back(scope, bound)
        _restore_lead(scope, after)


def _restore_lead(scope: TenantScope, assignment: AssignmentDocument) -> None:
    """Return a lead that its agent rejected to its former agent, unless the agent was changed already."""
    former = assignment.get("previousAgentId")
    try:
        lead = lead_by_id(scope, assignment["leadId"])
    except NotFound:
        return
    if former and str(lead.get("assignedTo")) == assignment["agentId"] != former:
        hand_lead(scope, assignment["leadId"], str(former))


def return_expired() -> int:
    """Put items whose lease is over back into the queue and end their assignments; return how many. Each has a transaction
    of its own. Safe to run twice and at once."""
    returned = 0
    for item in expired_items():
        try:
            returned += _return(TenantScope.of_tenant(item["tenantId"]), item)
        except PyMongoError as error:
            log.warning("lease_not_ended", item=str(item["_id"]), error=type(error).__name__)
    return returned


@transactional("leads")
def _return(scope: TenantScope, item: ItemDocument) -> bool:
    if queue.give_back(scope, item) is None:
        return False
    # Without one the claimer was killed before the claim was visible.
    ended: AssignmentDocument = {"status": rules.REJECTED, "endReason": "The lease expired"}
    key = object_id(item.get("assignmentId"))
    assignment = end(scope, {"_id": key}, ended) if key else None
    if assignment is not None:
        _restore_lead(scope, assignment)
    return True


@transactional("leads")
def follow_lead(scope: TenantScope, lead_id: str) -> None:
    """Let assignment and queue item follow a change of their lead elsewhere: it was deleted, won, lost, or given to
    another agent. Reads the lead as it is now, so it may run late and again."""
    assignment = ASSIGNMENTS.scoped(scope).find_one({"leadId": lead_id, "open": True})
    item = open_item(scope, lead_id)
    if assignment is None and item is None:
        return
    lead = LEADS.scoped(scope).find_one({"_id": object_id(lead_id)}, {"status": 1, "assignedTo": 1})
    ending = rules.ending_of(lead, assignment)
    if ending is None:
        return
    if assignment is not None:
        change: dict[str, Any] = rules.change_to(ending.status, assignment, now())
        told: AssignmentDocument = {"endReason": ending.reason}
        if ending.outcome:
            told["outcome"] = ending.outcome
        end(scope, {"_id": assignment["_id"]}, change["$set"] | told)
    if item is not None:
        queue.cancel(scope, item, ending.reason)


def set_agent(scope: TenantScope, agent_id: str, changes: AgentDocument) -> choosing.Agent:
    """Set capacity, skills or availability of an agent and return the agent as things are now. Raises NotFound."""
    inside = scope.for_tenant(tenant_of(scope, agent_id))
    agent = agent_by_id(inside, agent_id)
    if changes:
        AGENTS.scoped(inside).update_one({"agentId": agent.id}, sets=changes, upsert=True)
    return agent_by_id(inside, agent_id)
