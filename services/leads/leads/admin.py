"""Admin pages of leads."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from services.leads.directory.queries import names_of
from services.leads.leads.actions import delete_lead
from services.leads.leads.models import Lead


@admin.register(Lead)
class LeadAdmin(DocumentAdmin):
    """Leads; deleting goes through the API's own use case."""

    list_display = ("__str__", "status", "source", "priority", "score", "assignee", "tenant_id", "created_at")
    list_filter = ("status", "priority", "source")
    search_fields = ("lead_id__exact",)
    search_help_text = "The lead's UUID"
    ordering = ("-created_at",)
    actions = ("delete_softly",)

    @admin.display(description="Assigned to")
    def assignee(self, lead: Any) -> str:
        """Name of the assigned person, or the id of somebody whom the directory does not know."""
        return str(getattr(lead, "assignee_name", None) or lead.assigned_to or "")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the names of a whole page at once."""
        page = super().get_changelist_instance(request)
        names = names_of({str(lead.assigned_to) for lead in page.result_list})
        for lead in page.result_list:
            lead.assignee_name = names.get(str(lead.assigned_to))
        return page

    @admin.action(description="Delete (softly)")
    def delete_softly(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the chosen leads."""
        principal = principal_of(request)
        if principal is None:
            return
        for lead in queryset.filter(deleted_at=None):
            delete_lead(principal.scope, str(lead.pk))
