"""What every assignment does: it is stored with its decision, the lead follows with its event, the agent had their turn.

Everything runs in the caller's transaction."""

from datetime import datetime

from bson import ObjectId

from core.documents.collection import Filter, now
from core.documents.ids import text_id
from core.documents.scope import TenantScope
from core.documents.shapes import part_of
from services.leads.assignment import choosing, rules
from services.leads.assignment.documents import AssignmentDocument
from services.leads.assignment.models import AGENTS, ASSIGNMENTS
from services.leads.leads.actions import hand_lead
from services.leads.leads.documents import LeadDocument
from services.leads.leads.queries import lead_by_id
from services.leads.queueing import actions as queue
from services.leads.queueing.documents import ItemDocument


def place(
    scope: TenantScope, lead: LeadDocument, decision: choosing.Decision, fields: AssignmentDocument
) -> AssignmentDocument:
    """Store the assignment of `lead` to the agent of `decision`, with `fields`; its queue item follows."""
    key = ObjectId()
    item = queue.hand_over(scope, str(lead["_id"]), _chosen(decision).id, str(key))
    return _store(scope, lead, decision, (item or lead)["createdAt"], {"_id": key, **fields})


def place_item(scope: TenantScope, item: ItemDocument, key: ObjectId, decision: choosing.Decision, kind: str) -> None:
    """Store the assignment `key` of the lead of an item that was just taken. A former agent loses the lead: it was queued
    again. Raises NotFound for a deleted lead."""
    lead = lead_by_id(scope, str(item["leadId"]))
    ended: AssignmentDocument = {
        "status": rules.REASSIGNED,
        "reassignedAt": now(),
        "reassignmentReason": "The lead was queued again",
    }
    last = end(scope, {"leadId": item["leadId"]}, ended)
    fields: AssignmentDocument = {"assignmentType": rules.REASSIGNMENT if last else kind}
    if last:
        fields["previousAgentId"] = last["agentId"]
    _store(scope, lead, decision, item["createdAt"], {"_id": key, **fields})


def end(scope: TenantScope, query: Filter, fields: AssignmentDocument) -> AssignmentDocument | None:
    """Close the open assignment that matches and return it; None when there is none."""
    return ASSIGNMENTS.scoped(scope).update_and_get({**query, "open": True}, {"$unset": {"open": ""}}, sets=fields)


def _chosen(decision: choosing.Decision) -> choosing.Agent:
    assert decision.chosen is not None
    return decision.chosen.agent


def _store(
    scope: TenantScope,
    lead: LeadDocument,
    decision: choosing.Decision,
    waiting_since: datetime,
    fields: AssignmentDocument,
) -> AssignmentDocument:
    agent, moment = _chosen(decision), now()
    acts = {"lastActiveAt": moment} if scope.actor_id == agent.id else {}
    turn = {"$set": {"lastAssignedAt": moment, **acts}}
    AGENTS.scoped(scope).update_one({"agentId": agent.id}, turn, upsert=True)
    hand_lead(scope, str(lead["_id"]), agent.id)
    told = decision.told()
    assignment: AssignmentDocument = {
        "leadId": str(lead["_id"]),
        "agentId": agent.id,
        "status": rules.PENDING,
        "open": True,
        "previousAgentId": text_id(lead.get("assignedTo")),
        "assignedAt": moment,
        "assignedBy": scope.actor_id,
        "workloadAtAssignment": agent.workload,
        "capacityAtAssignment": agent.capacity,
        "skillMatchScore": told["candidates"][0]["skillMatchScore"],
        "waitTime": rules.minutes(moment - waiting_since),
        "decision": told,
    }
    known = [name for name, value in fields.items() if value is not None]
    return ASSIGNMENTS.scoped(scope).insert_one({**assignment, **part_of(fields, known)})
