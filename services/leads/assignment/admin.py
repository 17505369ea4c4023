"""Admin pages of assignments and agents."""

from django.contrib import admin

from core.admin.site import for_each
from core.identity.principals import Principal
from services.leads.assignment import rules
from services.leads.assignment.models import Agent, Assignment
from services.leads.assignment.outcomes import set_status
from services.leads.directory.admin import NamedAdmin


@admin.register(Assignment)
class AssignmentAdmin(NamedAdmin):
    """Assignments with their decisions; ending one goes through the API's own use case."""

    list_display = ("lead_id", "agent", "status", "assignment_type", "skill_match_score", "assigned_at", "tenant_id")
    list_filter = ("status", "assignment_type")
    search_fields = ("lead_id__exact", "agent_id__exact")
    search_help_text = "Id of a lead or an agent"
    ordering = ("-assigned_at",)
    actions = ("take_back",)

    @for_each("Take the lead back from the agent")
    def take_back(self, caller: Principal, assignment: Assignment) -> None:
        """End an open assignment; a lead that came from the queue goes back to it."""
        if assignment.status in rules.OPEN:
            set_status(caller.scope, str(assignment.pk), rules.REJECTED, None, own_only=False)


@admin.register(Agent)
class AgentAdmin(NamedAdmin):
    """What is set for agents; the API changes it."""

    list_display = ("agent", "max_capacity", "availability", "skills", "last_assigned_at", "tenant_id")
    list_filter = ("availability",)
    search_fields = ("agent_id__exact",)
    search_help_text = "Id of an agent"
    ordering = ("-last_assigned_at",)
