"""Assignments, in the shape of the old system's schema, and what is set for an agent.

Additions to an assignment: `tenantId`; `open`, set while it is pending or accepted: a lead has one open assignment at most;
`assignedAt`, `assignedBy`, `acceptedAt`; `waitTime`, the minutes that the lead waited; `decision`, why this agent.
"""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from services.leads.assignment.documents import AgentDocument, AssignmentDocument

ASSIGNMENTS = Collection[AssignmentDocument](
    "assignments",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "leadId", name="one_open", unique=True, partialFilterExpression={"open": True}),
        index("tenantId", "leadId", "-assignedAt", "-_id", name="lead"),
        index("tenantId", "agentId", "-assignedAt", "-_id", name="agent"),
        index("tenantId", "open", "agentId", name="workload"),
        index("tenantId", "status", "skillMatchScore", "waitTime", name="counters"),
    ),
)
# One for each agent for whom something is set, or who ever got a lead. Its last assignment is written in the transaction
# of the assignment: of two decisions for one agent at the same time one is made again, so that both count.
AGENTS = Collection[AgentDocument](
    "leadagents",
    service="leads",
    tenant="text",
    indexes=(index("tenantId", "agentId", name="agent", unique=True),),
)


@shows(
    ASSIGNMENTS,
    AssignmentDocument,
    "leadId agentId status assignmentType reason notes previousAgentId assignedAt assignedBy reassignedAt "
    "reassignmentReason skillMatchScore decision",
)
class Assignment(TenantDocumentModel):
    """A lead that was given to an agent."""

    def __str__(self) -> str:
        return f"{self.lead_id} to {self.agent_id} ({self.status})"


@shows(AGENTS, AgentDocument, "agentId maxCapacity skills availability lastAssignedAt lastActiveAt")
class Agent(TenantDocumentModel):
    """How many leads an agent takes at once, and which."""

    def __str__(self) -> str:
        return str(self.agent_id)
