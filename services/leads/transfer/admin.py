"""Admin page of imports."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
from services.leads.transfer.actions import undo
from services.leads.transfer.models import LeadImport


@admin.register(LeadImport)
class LeadImportAdmin(DocumentAdmin):
    """Files of leads; undoing goes through the API's own use case."""

    list_display = ("file_name", "kind", "status", "imported", "updated", "failed", "skipped", "total", "created_at")
    list_filter = ("status", "kind")
    search_fields = ("import_id", "file_name")
    ordering = ("-created_at",)
    actions = ("undo_imports",)

    @admin.action(description="Delete the leads of these imports that nobody touched since")
    def undo_imports(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen imports back."""
        principal = principal_of(request)
        if principal is None:
            return
        for run in queryset:
            try:
                undo(principal.scope.for_tenant(str(run.tenant_id)), run.import_id)
            except Problem as problem:
                self.message_user(request, f"{run}: {problem.message}", messages.ERROR)
