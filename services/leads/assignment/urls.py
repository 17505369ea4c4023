"""URLs of assignment; literal segments before ids. Routes of the queue that make assignments are among them."""

from core.api.routing import route
from services.leads.assignment.api import (
    AgentCapacity,
    AgentHistory,
    AssignAutomatically,
    AssignItem,
    AssignManually,
    AssignmentStats,
    AssignmentStatus,
    AvailableAgents,
    ClaimNext,
    LeadHistory,
    Reassign,
)

PATTERNS = [
    route("api/leads/queue/claim", ClaimNext),
    route("api/leads/queue/<id>/assign", AssignItem),
    route("api/leads/assign/auto", AssignAutomatically),
    route("api/leads/assign/manual", AssignManually),
    route("api/leads/assign/stats", AssignmentStats),
    route("api/leads/assign/agents/available", AvailableAgents),
    route("api/leads/assign/agents/<agentId>/capacity", AgentCapacity),
    route("api/leads/assign/agent/<agentId>/history", AgentHistory),
    route("api/leads/assign/lead/<leadId>/history", LeadHistory),
    route("api/leads/assign/<leadId>/reassign", Reassign),
    route("api/leads/assign/<assignmentId>/status", AssignmentStatus),
]
