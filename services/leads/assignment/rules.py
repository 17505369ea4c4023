"""Rules of assignment (contract/leads-rules.md §6): who is an agent, how assignments go on and end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.identity.roles import AGENT, system_roles
from services.leads.assignment.documents import AssignmentDocument
from services.leads.leads.documents import LeadDocument

PENDING, ACCEPTED, REJECTED, REASSIGNED, COMPLETED = STATUSES = (
    "pending",
    "accepted",
    "rejected",
    "reassigned",
    "completed",
)
OPEN = (PENDING, ACCEPTED)
AUTOMATIC, MANUAL, REASSIGNMENT = "automatic", "manual", "reassignment"
AVAILABLE, BUSY, OFFLINE = AVAILABILITIES = ("available", "busy", "offline")
DEFAULT_CAPACITY, HIGHEST_CAPACITY = 10, 1000

NOT_AVAILABLE, FULL = "Agent is not available", "Agent is at maximum capacity"
MOST_SKILLS, LONGEST_SKILL = 50, 50


def is_agent(roles: Iterable[str]) -> bool:
    """Whether a user with these roles takes leads: agent, user, acquisitions, dispositions (leads-rules §3)."""
    return AGENT in system_roles(roles)


def normal(skill: str) -> str:
    """Return the form in which skills are compared."""
    return skill.strip().lower()


def minutes(duration: timedelta) -> float:
    """Return a duration in minutes, as the contract counts; clocks that differ make no negative ones."""
    return max(0.0, round(duration.total_seconds() / 60, 2))


def skills_of(lead: LeadDocument) -> list[str]:
    """Return the skills that a lead asks for itself, in customFields.requiredSkills; that member is free, so what cannot be
    a skill is left out."""
    custom = lead.get("customFields")
    wanted = custom.get("requiredSkills") if isinstance(custom, Mapping) else None
    return [skill for skill in wanted if is_skill(skill)][:MOST_SKILLS] if isinstance(wanted, list) else []


def is_skill(value: object) -> bool:
    """Whether `value` is the name of a skill."""
    return isinstance(value, str) and "\x00" not in value and 0 < len(value.strip()) <= LONGEST_SKILL


def change_to(status: str, before: AssignmentDocument, moment: datetime) -> dict[str, dict[str, Any]]:
    """Return the update by which an assignment that is `before` gets a status. Any may follow any (leads-rules §6)."""
    fields: dict[str, Any] = {"status": status}
    # The old system stored no `assignedAt`.
    assigned = before.get("assignedAt") or before.get("createdAt") or moment
    if status in (ACCEPTED, REJECTED) and "responseTime" not in before:
        fields["responseTime"] = minutes(moment - assigned)
    if status == ACCEPTED:
        fields["acceptedAt"] = moment
    if status == COMPLETED:
        fields["processingTime"] = minutes(moment - (before.get("acceptedAt") or assigned))
    if status == REASSIGNED:
        fields["reassignedAt"] = moment
    if status in OPEN:
        return {"$set": {**fields, "open": True}}
    return {"$set": fields, "$unset": {"open": ""}}


@dataclass(frozen=True, slots=True)
class Ending:
    """How an assignment ends without its agent."""

    status: str
    reason: str
    outcome: str | None = None


_CLOSED = {
    "closed_won": Ending(COMPLETED, "The lead was won", "converted"),
    "closed_lost": Ending(COMPLETED, "The lead was lost", "lost"),
}


def ending_of(lead: LeadDocument | None, assignment: AssignmentDocument | None) -> Ending | None:
    """Return how the open assignment of a lead ends, given the lead as it is now (None: deleted); None when it goes on."""
    if lead is None:
        return Ending(COMPLETED, "The lead was deleted", "cancelled")
    if lead.get("status") in _CLOSED:
        return _CLOSED[lead["status"]]
    if assignment is not None and str(lead.get("assignedTo")) != assignment["agentId"]:
        return Ending(REASSIGNED, "The lead was given to another agent")
    return None
