"""What leads stores of assignments and of agents."""

from datetime import datetime
from typing import Any

from core.documents.shapes import Owned, Reference


class AssignmentDocument(Owned, total=False):
    """A lead that was given to an agent. `open` is there as long as it is pending or accepted."""

    leadId: str
    agentId: str
    status: str
    open: bool
    assignmentType: str
    reason: str | None
    notes: str | None
    requiredSkills: list[str]
    previousAgentId: Reference | None
    assignedAt: datetime
    assignedBy: Reference | None
    acceptedAt: datetime
    completedAt: datetime
    reassignedAt: datetime
    reassignmentReason: str | None
    endReason: str
    outcome: str
    skillMatchScore: float
    workloadBalance: float
    workloadAtAssignment: int
    capacityAtAssignment: int
    responseTime: float
    processingTime: float
    waitTime: float
    success: bool
    # What the choice was among, and why: `Decision.told()`.
    decision: dict[str, Any]


class AgentDocument(Owned, total=False):
    """How many leads an agent takes at once, and which."""

    agentId: str
    maxCapacity: int | None
    skills: list[str]
    availability: str | None
    lastAssignedAt: datetime
    lastActiveAt: datetime
