"""How assignments and agents look on the wire; ids of people stay ids, their names stand beside them."""

from collections.abc import Sequence
from typing import Any

from core.documents.scope import TenantScope
from core.documents.shapes import filled
from services.leads.assignment.choosing import Agent
from services.leads.assignment.documents import AssignmentDocument
from services.leads.directory.queries import names_of

Wire = dict[str, Any]

_FIELDS = (
    "_id",
    "leadId",
    "agentId",
    "status",
    "assignmentType",
    "assignedAt",
    "assignedBy",
    "acceptedAt",
    "reason",
    "notes",
    "previousAgentId",
    "reassignedAt",
    "reassignmentReason",
    "workloadAtAssignment",
    "capacityAtAssignment",
    "skillMatchScore",
    "waitTime",
    "responseTime",
    "processingTime",
    "outcome",
    "metadata",
    "decision",
    "endReason",
    "createdAt",
    "updatedAt",
)


def assignments(scope: TenantScope, documents: Sequence[AssignmentDocument]) -> list[Wire]:
    """Return Assignments (contract/leads.yaml) with the names of those agents whom the scope may know; one read for all."""
    people = {one.get(member) for one in documents for member in ("agentId", "previousAgentId")}
    names = names_of(scope, {str(person) for person in people if person})
    return [_assignment(document, names) for document in documents]


def _assignment(document: AssignmentDocument, names: dict[str, str]) -> Wire:
    wire = filled(document, _FIELDS)
    for member in ("agent", "previousAgent"):
        name = names.get(str(document.get(f"{member}Id")))
        if name:
            wire[f"{member}Name"] = name
    return {"__v": document.get("__v", 0), **wire}


def result(document: AssignmentDocument) -> Wire:
    """Return what an assignment that was just made is answered with (AssignmentResultEnvelope)."""
    chosen = document["decision"]["candidates"][0]
    return {
        "success": True,
        "assignedAgentId": document["agentId"],
        "assignedAgentName": chosen["name"],
        "assignmentId": document["_id"],
        "workloadBalance": chosen["workloadBalance"],
        "skillMatchScore": chosen["skillMatchScore"],
        "decision": document["decision"],
    }


def agent(found: Agent) -> Wire:
    """Return AvailableAgent (contract/leads.yaml)."""
    return {
        "agentId": found.id,
        "name": found.name,
        "currentWorkload": found.workload,
        "maxCapacity": found.capacity,
        "skills": list(found.skills),
        "availability": found.availability,
        "lastActive": found.last_active,
    }


def capacity(found: Agent) -> Wire:
    """Return what an agent can take and has (AgentCapacityEnvelope)."""
    return {**agent(found), "utilization": found.load * 100}
