"""Admin page of imports."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
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

    @for_each("Delete the leads of these imports that were not changed since")
    def undo_imports(self, caller: Principal, run: LeadImport) -> None:
        """Take an import back."""
        undo(caller.scope.for_tenant(str(run.tenant_id)), run.import_id)
