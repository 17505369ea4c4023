"""Admin pages of leads."""

from django.contrib import admin

from core.admin.site import for_each
from core.identity.principals import Principal
from services.leads.directory.admin import NamedAdmin
from services.leads.leads.actions import delete_lead
from services.leads.leads.models import Lead


@admin.register(Lead)
class LeadAdmin(NamedAdmin):
    """Leads; deleting goes through the API's own use case."""

    person_field = "assigned_to"
    list_display = ("__str__", "status", "source", "priority", "score", "assignee", "tenant_id", "created_at")
    list_filter = ("status", "priority", "source")
    search_fields = ("lead_id__exact",)
    search_help_text = "The lead's UUID"
    ordering = ("-created_at",)
    actions = ("delete_softly",)

    @admin.display(description="Assigned to")
    def assignee(self, lead: object) -> str:
        """Name of the assigned person, or their id."""
        return self.agent(lead)

    @for_each("Delete (softly)")
    def delete_softly(self, caller: Principal, lead: Lead) -> None:
        """Delete a lead that is not deleted yet."""
        if lead.deleted_at is None:
            delete_lead(caller.scope, str(lead.pk))
