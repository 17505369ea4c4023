"""Use cases that give a lead to an agent: choose one, name one, claim, move on."""

from bson import ObjectId

from core.documents.collection import now
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.documents.uniqueness import unique_or
from core.errors import Conflict, NotFound
from services.leads.assignment import choosing, rules
from services.leads.assignment.documents import AssignmentDocument
from services.leads.assignment.placing import end, place, place_item
from services.leads.assignment.queries import agents, available_agent, workload_of
from services.leads.leads.queries import lead_by_id
from services.leads.queueing import actions as queue
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.queries import EMPTY, item_by_id
from services.leads.queueing.rules import PENDING

_ASSIGNED, _DELETED = "Lead is already assigned", "The lead was deleted"
_BY_HAND, _FROM_QUEUE, _CLAIMED = "Chosen by a person", "Chosen by a person from the queue", "Claimed from the queue"
# A lead has one open assignment and one open item, by unique indexes.
_ONCE = unique_or(Conflict, _ASSIGNED)


class NoAgentFound(Conflict):
    """No agent can take the lead; `decision` says why each of them cannot."""

    def __init__(self, decision: choosing.Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision


@_ONCE
@transactional("leads")
def assign_automatically(
    scope: TenantScope, lead_id: str, *, required: list[str] | None = None, reason: str | None = None
) -> AssignmentDocument:
    """Give a lead to the best agent and return the assignment. Raises NotFound, NoAgentFound, Conflict.

    required: the skills that the lead needs; else those that it names itself."""
    lead = lead_by_id(scope, lead_id)
    inside = scope.for_tenant(lead["tenantId"])
    decision = choosing.choose(agents(inside), rules.skills_of(lead) if required is None else required)
    if decision.chosen is None:
        raise NoAgentFound(decision)
    return place(inside, lead, decision, {"assignmentType": rules.AUTOMATIC, "reason": reason})


@_ONCE
@transactional("leads")
def assign_manually(
    scope: TenantScope, lead_id: str, agent_id: str, *, reason: str | None = None
) -> AssignmentDocument:
    """Give a lead to a named agent and return the assignment. Raises NotFound, Conflict with the reason why not."""
    lead = lead_by_id(scope, lead_id)
    inside = scope.for_tenant(lead["tenantId"])
    decision = choosing.named(available_agent(inside, agent_id), _BY_HAND)
    return place(inside, lead, decision, {"assignmentType": rules.MANUAL, "reason": reason})


@_ONCE
@transactional("leads")
def reassign(
    scope: TenantScope, lead_id: str, agent_id: str, *, reason: str | None = None, notes: str | None = None
) -> AssignmentDocument:
    """Move an assigned lead to a named agent, who may be full, and return the new assignment. Raises NotFound,
    Conflict with the reason why not."""
    lead = lead_by_id(scope, lead_id)
    inside = scope.for_tenant(lead["tenantId"])
    ended: AssignmentDocument = {"status": rules.REASSIGNED, "reassignedAt": now()}
    if reason:
        ended["reassignmentReason"] = reason
    last = end(inside, {"leadId": str(lead["_id"])}, ended)
    if last is None:
        raise Conflict("No current assignment found")
    try:
        agent = available_agent(inside, agent_id, unless_full=False)
    except Conflict:
        raise Conflict("New agent is not available") from None
    fields: AssignmentDocument = {"assignmentType": rules.REASSIGNMENT, "reason": reason, "notes": notes}
    return place(inside, lead, choosing.named(agent, _BY_HAND), {"previousAgentId": last["agentId"], **fields})


@_ONCE
def assign_item(scope: TenantScope, item_id: str, agent_id: str) -> ItemDocument:
    """Give the lead of a pending queue item to a named agent and return the item; a former agent loses it. Raises
    NotFound, Conflict with the reason why not."""
    item = item_by_id(scope, item_id)
    if item["status"] != PENDING:
        raise Conflict(_ASSIGNED)
    if item.get("tenantId") is None:
        raise NotFound("Lead not found")
    inside = scope.for_tenant(item["tenantId"])
    try:
        return _assign_item(inside, item, agent_id)
    except NotFound:
        queue.cancel(inside, item, _DELETED)
        raise


@transactional("leads")
def _assign_item(scope: TenantScope, item: ItemDocument, agent_id: str) -> ItemDocument:
    agent, key = available_agent(scope, agent_id), ObjectId()
    taken = queue.take(scope, item, agent.id, assignmentId=str(key))
    if taken is None:
        raise Conflict(_ASSIGNED)
    place_item(scope, taken, key, choosing.named(agent, _FROM_QUEUE), rules.MANUAL)
    return taken


def claim(scope: TenantScope) -> ItemDocument:
    """Give the next lead of the queue to the caller, for the time of a lease, and return the item. Raises NotFound when
    nothing is pending, Conflict when the caller cannot take a lead.

    One statement takes the item, and one transaction does the rest. When a process is killed between them, the lease is not
    renewed: the item returns to the queue."""
    agent = available_agent(scope, scope.actor_id)
    while item := queue.claim(scope, agent.id):
        try:
            settled = _settle(scope, item, agent)
        except NotFound:
            queue.cancel(scope, item, _DELETED)
        except Conflict:
            queue.give_back(scope, item)
            raise
        else:
            if settled is not None:
                return settled
    raise NotFound(EMPTY)


@transactional("leads")
def _settle(scope: TenantScope, item: ItemDocument, agent: choosing.Agent) -> ItemDocument | None:
    """None when the lead was assigned to a named agent meanwhile. Raises NotFound; Conflict when the agent claimed several
    leads at once and has enough by now."""
    key = ObjectId()
    held = queue.bind(scope, item, str(key))
    if held is None:
        return None
    if workload_of(scope, agent.id) >= agent.capacity:
        raise Conflict(rules.FULL)
    place_item(scope, held, key, choosing.named(agent, _CLAIMED), rules.AUTOMATIC)
    return held
