"""Reads of assignments and agents."""

from collections.abc import Sequence
from typing import Any

from core.documents.collection import Sort
from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.errors import BadRequest, Conflict, NotFound, existing
from services.leads.assignment import choosing, rules
from services.leads.assignment.documents import AgentDocument, AssignmentDocument
from services.leads.assignment.models import AGENTS, ASSIGNMENTS
from services.leads.directory.documents import PersonDocument
from services.leads.directory.models import PEOPLE
from services.leads.leads.queries import lead_by_id

_NEWEST: Sort = [("assignedAt", -1), ("_id", -1)]
_UNKNOWN = "Agent not found"
# The most that one answer shows of the past.
MOST = 100
# Open assignments by agent: the workload of each.
WORKLOADS: Sequence[Document] = [{"$group": {"_id": "$agentId", "open": {"$sum": 1}}}]
# Every assignment by status, with its skill score and the minutes that its lead waited.
COUNTERS: Sequence[Document] = [
    {
        "$group": {
            "_id": "$status",
            "count": {"$sum": 1},
            "skill": {"$sum": "$skillMatchScore"},
            "waited": {"$sum": "$waitTime"},
        }
    }
]


def agents(scope: TenantScope, agent_id: str | None = None) -> list[choosing.Agent]:
    """Return the tenant's active members with what they have to do now; only the one with `agent_id` when given."""
    key = agent_id and person_key(agent_id)
    person: Document = {"_id": key} if key else {}
    one: Document = {"agentId": key} if key else {}
    people = PEOPLE.scoped(scope).find({"status": "active", **person}, {"name": 1, "roles": 1, "projectedAt": 1})
    members = [person for person in people if rules.is_agent(person.get("roles") or ())]
    if not members:
        return []
    chosen = {found["agentId"]: found for found in AGENTS.scoped(scope).find(one)}
    stages = [{"$match": {"open": True, **one}}, *WORKLOADS]
    workloads = {row["_id"]: row["open"] for row in ASSIGNMENTS.scoped(scope).aggregate(stages)}
    return [_agent(member, chosen.get(member["_id"], {}), workloads.get(member["_id"], 0)) for member in members]


def _agent(person: PersonDocument, chosen: AgentDocument, workload: int) -> choosing.Agent:
    return choosing.Agent(
        id=person["_id"],
        name=person.get("name") or "",
        workload=workload,
        capacity=chosen.get("maxCapacity") or rules.DEFAULT_CAPACITY,
        skills=tuple(chosen.get("skills") or ()),
        chosen_availability=chosen.get("availability") or rules.AVAILABLE,
        # Until they do something here: when anything about them last changed.
        last_active=chosen.get("lastActiveAt") or person["projectedAt"],
        last_assigned=chosen.get("lastAssignedAt"),
    )


def person_key(agent_id: str) -> str:
    """Return a person's id as assignments and the directory hold it. Raises BadRequest for what is no id."""
    key = object_id(agent_id) or uuid_text(agent_id)
    if key is None:
        raise BadRequest(["agentId must be a mongodb id"])
    return str(key)


def agent_by_id(scope: TenantScope, agent_id: str) -> choosing.Agent:
    """Return an agent of the tenant. Raises NotFound for other users."""
    found = agents(scope, agent_id)
    if not found:
        raise NotFound(_UNKNOWN)
    return found[0]


def tenant_of(scope: TenantScope, agent_id: str) -> str:
    """Return the tenant of a user in scope. Raises NotFound."""
    person = PEOPLE.scoped(scope).find_one({"_id": person_key(agent_id)}, {"tenantId": 1})
    if person is None or person.get("tenantId") is None:
        raise NotFound(_UNKNOWN)
    return str(person["tenantId"])


def available_agent(scope: TenantScope, agent_id: str | None, *, unless_full: bool = True) -> choosing.Agent:
    """Return an agent who can take a lead now. Raises Conflict with the reason why not."""
    found = agents(scope, agent_id) if agent_id and scope.tenant_id else []
    obstacle = found[0].obstacle if found else rules.NOT_AVAILABLE
    if obstacle == rules.NOT_AVAILABLE or (obstacle and unless_full):
        raise Conflict(obstacle)
    return found[0]


def workload_of(scope: TenantScope, agent_id: str) -> int:
    """Return how many open assignments an agent has."""
    return ASSIGNMENTS.scoped(scope).count({"open": True, "agentId": agent_id})


def assignment_by_id(scope: TenantScope, assignment_id: str) -> AssignmentDocument:
    """Return an assignment. Raises NotFound, BadRequest for a malformed id."""
    key = object_id(assignment_id)
    if key is None:
        raise BadRequest(["assignmentId must be a mongodb id"])
    return existing(ASSIGNMENTS.scoped(scope).find_one({"_id": key}), "Assignment not found")


def history_of_lead(scope: TenantScope, lead_id: str) -> list[AssignmentDocument]:
    """Return the assignments of a lead by either id, newest first; none for an unknown one. Raises BadRequest for what is
    no id."""
    key = object_id(lead_id)
    if key is None and uuid_text(lead_id) is None:
        raise BadRequest(["leadId must be a mongodb id"])
    try:
        text = str(key or lead_by_id(scope, lead_id)["_id"])
    except NotFound:
        return []
    return list(ASSIGNMENTS.scoped(scope).find({"leadId": text}, sort=_NEWEST, limit=MOST))


def history_of_agent(scope: TenantScope, agent_id: str, limit: int) -> list[AssignmentDocument]:
    """Return the assignments of an agent, newest first."""
    found = ASSIGNMENTS.scoped(scope).find({"agentId": person_key(agent_id)}, sort=_NEWEST, limit=min(limit, MOST))
    return list(found)


def statistics(scope: TenantScope) -> dict[str, Any]:
    """Return the counters of assignments (contract/leads.yaml, AssignmentStatsEnvelope)."""
    rows = {row["_id"]: row for row in ASSIGNMENTS.scoped(scope).aggregate(COUNTERS)}
    total, skill, waited = (sum(row[name] for row in rows.values()) for name in ("count", "skill", "waited"))
    team = agents(scope)
    return {
        "totalAssignments": total,
        "successfulAssignments": rows.get(rules.ACCEPTED, {}).get("count", 0),
        "failedAssignments": rows.get(rules.REJECTED, {}).get("count", 0),
        "averageAssignmentTime": waited / total if total else 0,
        "workloadBalanceScore": choosing.balance_score(team),
        "skillMatchScore": skill / total if total else 0,
        "agentUtilization": {agent.id: agent.load * 100 for agent in team},
    }
