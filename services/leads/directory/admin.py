"""Admin pages of the directory, and the base of pages that show people by name."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from core.admin.site import DocumentAdmin
from core.documents.scope import TenantScope, active_scope
from services.leads.directory.models import Person
from services.leads.directory.queries import names_of


class NamedAdmin(DocumentAdmin):
    """A page of documents that name a person in `person_field`: shown by name, read for a whole page at once."""

    person_field: ClassVar[str] = "agent_id"

    @admin.display(description="Agent")
    def agent(self, document: object) -> str:
        """Name of the user, or the id of a user whom the directory does not know."""
        return str(getattr(document, "person_name", None) or getattr(document, self.person_field) or "")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the names."""
        page = super().get_changelist_instance(request)
        ids = {document: str(getattr(document, self.person_field)) for document in page.result_list}
        names = names_of(active_scope() or TenantScope(None), ids.values())
        for document, person in ids.items():
            document.person_name = names.get(person)
        return page


@admin.register(Person)
class PersonAdmin(DocumentAdmin):
    """People; users owns them, so nothing is changed here."""

    list_display = ("name", "email", "status", "roles", "tenant_id")
    list_filter = ("status",)
    search_fields = ("email__startswith", "name__startswith")
    ordering = ("name",)
