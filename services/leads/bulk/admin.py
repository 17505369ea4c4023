"""Admin page of bulk operations."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
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

    @admin.action(description="Undo")
    def undo_operations(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen operations back."""
        principal = principal_of(request)
        if principal is None:
            return
        for operation in queryset:
            try:
                undo(principal.scope.for_tenant(str(operation.tenant_id)), operation.operation_id)
            except Problem as problem:
                self.message_user(request, f"{operation}: {problem.message}", messages.ERROR)
