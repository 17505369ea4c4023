"""Admin pages of the directory."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.auth.directory.models import Person


@admin.register(Person)
class PersonAdmin(DocumentAdmin):
    """People who may log in; users owns them, so nothing is changed here."""

    list_display = ("email", "first_name", "last_name", "status", "roles", "tenant_id")
    list_filter = ("status",)
    search_fields = ("email__startswith",)
    ordering = ("email",)
