"""Admin pages of leads."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.signin import principal_of
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

    @admin.action(description="Delete (softly)")
    def delete_softly(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the chosen leads."""
        principal = principal_of(request)
        if principal is None:
            return
        for lead in queryset.filter(deleted_at=None):
            delete_lead(principal.scope, str(lead.pk))
