"""Routes of assignment: always 200 or 201, and `success` says whether it was done."""

from collections.abc import Callable

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ContractView
from core.errors import Conflict, Forbidden, NotFound
from services.leads.assignment import actions, outcomes, queries
from services.leads.assignment.documents import AssignmentDocument
from services.leads.assignment.rendering import agent, assignments, capacity, result
from services.leads.assignment.serializers import (
    AgentBody,
    AssignItemBody,
    AutoBody,
    HistoryQuery,
    ManualBody,
    OutcomeBody,
    ReassignBody,
)
from services.leads.leads.api import MANAGERS, MEMBERS
from services.leads.queueing.api import answer
from services.leads.queueing.rendering import envelope

# ruff: noqa: N803 - path names of the contract


def _outcome(do: Callable[[], AssignmentDocument], message: str, status: int = 200) -> Response:
    """Answer an assignment that was made, or why none was."""
    try:
        made = do()
    except (NotFound, Conflict) as problem:
        decision = {"decision": problem.decision.told()} if isinstance(problem, actions.NoAgentFound) else {}
        data = {"success": False, "reason": problem.message, **decision}
        return Response(envelope(data, str(problem.message), success=False), status=status)
    return Response(envelope(result(made), message), status=status)


class ClaimNext(ContractView):
    """Take the next lead of the queue."""

    access = {"post": MEMBERS}

    def post(self, request: Request) -> Response:
        """Answer its item; it is the caller's until `expiresAt`, unless they renew the lease or accept the assignment."""
        return answer(lambda: actions.claim(self.scope), "Lead claimed successfully", 201)


class AssignItem(ContractView):
    """Hand a queue item to an agent."""

    access = {"put": MEMBERS}
    bodies = {"put": AssignItemBody}

    def put(self, request: Request, id: str) -> Response:
        """Answer the item; only a pending one can be assigned."""
        agent_id = self.validated_body()["agentId"]
        return answer(lambda: actions.assign_item(self.scope, id, agent_id), "Lead assigned successfully")


class AssignAutomatically(ContractView):
    """Let the rules choose an agent."""

    access = {"post": MANAGERS}
    bodies = {"post": AutoBody}

    def post(self, request: Request) -> Response:
        """Answer which agent got the lead and why, or why none did."""
        body = self.validated_body()
        options = {"required": body.get("requiredSkills"), "reason": body.get("reason")}
        return _outcome(
            lambda: actions.assign_automatically(self.scope, body["leadId"], **options),
            "Lead assigned successfully",
            201,
        )


class AssignManually(ContractView):
    """Name an agent."""

    access = {"post": MANAGERS}
    bodies = {"post": ManualBody}

    def post(self, request: Request) -> Response:
        """Answer who got the lead, or why they could not."""
        body = self.validated_body()
        return _outcome(
            lambda: actions.assign_manually(self.scope, body["leadId"], body["agentId"], reason=body.get("reason")),
            "Lead manually assigned successfully",
            201,
        )


class Reassign(ContractView):
    """Move a lead to another agent."""

    access = {"put": MANAGERS}
    bodies = {"put": ReassignBody}

    def put(self, request: Request, leadId: str) -> Response:
        """Answer who has it now, or why it stayed."""
        body = self.validated_body()
        texts = {name: body.get(name) for name in ("reason", "notes")}
        return _outcome(
            lambda: actions.reassign(self.scope, leadId, body["agentId"], **texts), "Lead reassigned successfully"
        )


class AssignmentStats(ContractView):
    """Counters of assignments."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(envelope(queries.statistics(self.scope), "Assignment statistics retrieved successfully"))


class LeadHistory(ContractView):
    """Who had a lead."""

    access = {"get": MEMBERS}

    def get(self, request: Request, leadId: str) -> Response:
        """Answer its assignments, newest first, each with its decision."""
        found = queries.history_of_lead(self.scope, leadId)
        return Response(envelope(assignments(self.scope, found), "Lead assignment history retrieved successfully"))


class AgentHistory(ContractView):
    """Which leads an agent had."""

    access = {"get": MEMBERS}
    queries = {"get": HistoryQuery}

    def get(self, request: Request, agentId: str) -> Response:
        """Answer their assignments, newest first, each with its decision."""
        found = queries.history_of_agent(self.scope, agentId, self.validated_query()["limit"])
        return Response(envelope(assignments(self.scope, found), "Agent assignment history retrieved successfully"))


class AssignmentStatus(ContractView):
    """What became of an assignment."""

    access = {"put": MEMBERS}
    bodies = {"put": OutcomeBody}

    def put(self, request: Request, assignmentId: str) -> Response:
        """Answer the assignment; members change their own only."""
        body, own_only = self.validated_body(), not self.principal.has_role("admin", "manager")
        try:
            changed = outcomes.set_status(
                self.scope, assignmentId, body.get("status"), body.get("notes"), own_only=own_only
            )
        except (NotFound, Conflict) as problem:
            return Response(envelope(None, str(problem.message), success=False))
        return Response(envelope(assignments(self.scope, [changed])[0], "Assignment status updated successfully"))


class AvailableAgents(ContractView):
    """Who can take leads now."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the available agents who are not full."""
        able = [agent(one) for one in queries.agents(self.scope) if one.obstacle is None]
        return Response(envelope(able, "Available agents retrieved successfully"))


class AgentCapacity(ContractView):
    """How much an agent can take, and has."""

    access = {"get": MEMBERS, "put": MEMBERS}
    bodies = {"put": AgentBody}

    def get(self, request: Request, agentId: str) -> Response:
        """Answer one agent."""
        found = queries.agent_by_id(self.scope, agentId)
        return Response(envelope(capacity(found), "Agent capacity retrieved successfully"))

    def put(self, request: Request, agentId: str) -> Response:
        """Set capacity, skills or availability; members set their own availability only."""
        changes = self.validated_body()
        own = agentId == self.scope.actor_id and changes.keys() <= {"availability"}
        if not own and not self.principal.has_role("admin", "manager"):
            raise Forbidden("Forbidden resource")
        changed = outcomes.set_agent(self.scope, agentId, changes)
        return Response(envelope(capacity(changed), "Agent capacity updated successfully"))
