"""Assignments, in the shape of the old system's schema, and what is set for an agent.

Additions to an assignment: `tenantId`; `open`, set while it is pending or accepted: a lead has one open assignment at most;
`assignedAt`, `assignedBy`, `acceptedAt`; `waitTime`, the minutes that the lead waited; `decision`, why this agent.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class Assignment(TenantDocumentModel):
    """A lead that was given to an agent."""

    lead_id = models.CharField(db_column="leadId", max_length=24)
    agent_id = models.CharField(db_column="agentId", max_length=36)
    status = models.CharField(max_length=20)
    assignment_type = models.CharField(db_column="assignmentType", max_length=20)
    reason = models.TextField(null=True)
    notes = models.TextField(null=True)
    previous_agent_id = AnyField(db_column="previousAgentId")
    assigned_at = models.DateTimeField(db_column="assignedAt", null=True)
    assigned_by = AnyField(db_column="assignedBy")
    reassigned_at = models.DateTimeField(db_column="reassignedAt", null=True)
    reassignment_reason = models.TextField(db_column="reassignmentReason", null=True)
    skill_match_score = AnyField(db_column="skillMatchScore")
    decision = AnyField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "assignments"

    def __str__(self) -> str:
        return f"{self.lead_id} to {self.agent_id} ({self.status})"


class Agent(TenantDocumentModel):
    """How many leads an agent takes at once, and which."""

    agent_id = models.CharField(db_column="agentId", max_length=36)
    max_capacity = AnyField(db_column="maxCapacity")
    skills = AnyField()
    availability = models.CharField(max_length=20, null=True)
    last_assigned_at = models.DateTimeField(db_column="lastAssignedAt", null=True)
    last_active_at = models.DateTimeField(db_column="lastActiveAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadagents"

    def __str__(self) -> str:
        return str(self.agent_id)
