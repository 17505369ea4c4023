"""Admin page of the queue."""

from django.contrib import admin

from core.admin.site import for_each
from core.identity.principals import Principal
from services.leads.directory.admin import NamedAdmin
from services.leads.queueing.actions import remove
from services.leads.queueing.models import QueueItem


@admin.register(QueueItem)
class QueueItemAdmin(NamedAdmin):
    """The queue; removing goes through the API's own use case."""

    list_display = ("lead_id", "priority", "status", "agent", "assigned_at", "expires_at", "tenant_id", "created_at")
    list_filter = ("status",)
    id_fields = ("lead_id",)
    search_help_text = "Document id of a lead"
    ordering = ("-created_at",)
    actions = ("remove_items",)

    @for_each("Remove from the queue")
    def remove_items(self, caller: Principal, item: QueueItem) -> None:
        """Delete an item."""
        remove(caller.scope, str(item.pk))
