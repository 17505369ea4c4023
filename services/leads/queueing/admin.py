"""Admin page of the queue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.site import for_each
from core.documents.ids import object_id
from core.identity.principals import Principal
from services.leads.directory.admin import NamedAdmin
from services.leads.queueing.actions import remove
from services.leads.queueing.models import QueueItem


@admin.register(QueueItem)
class QueueItemAdmin(NamedAdmin):
    """The queue; removing goes through the API's own use case."""

    list_display = ("lead_id", "priority", "status", "agent", "assigned_at", "expires_at", "tenant_id", "created_at")
    list_filter = ("status",)
    # Shows the search box; the id that it takes is looked up below.
    search_fields = ("lead_id",)
    search_help_text = "Document id of a lead"
    ordering = ("-created_at",)
    actions = ("remove_items",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the items of the lead with this id; none for other words."""
        if not search_term.strip():
            return queryset, False
        key = object_id(search_term.strip())
        return (queryset.filter(lead_id__in=[key, str(key)]) if key else queryset.none()), False

    @for_each("Remove from the queue")
    def remove_items(self, caller: Principal, item: QueueItem) -> None:
        """Delete an item."""
        remove(caller.scope, str(item.pk))
