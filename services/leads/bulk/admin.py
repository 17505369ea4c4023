"""Admin page of bulk operations."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from services.leads.bulk.actions import undo
from services.leads.bulk.models import BulkOperation


@admin.register(BulkOperation)
class BulkOperationAdmin(DocumentAdmin):
    """Operations on many leads; undoing goes through the API's own use case."""

    list_display = (
        "operation_id",
        "operation",
        "status",
        "processed_records",
        "failed_records",
        "total_records",
        "tenant_id",
        "created_at",
    )
    list_filter = ("status", "operation")
    search_fields = ("operation_id",)
    ordering = ("-created_at",)
    actions = ("undo_operations",)

    @for_each("Undo")
    def undo_operations(self, caller: Principal, operation: BulkOperation) -> None:
        """Take an operation back."""
        undo(caller.scope.for_tenant(str(operation.tenant_id)), operation.operation_id)
