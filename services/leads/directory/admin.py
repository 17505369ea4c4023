"""Admin pages of the directory."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.leads.directory.models import Person


@admin.register(Person)
class PersonAdmin(DocumentAdmin):
    """People; users owns them, so nothing is changed here."""

    list_display = ("name", "email", "status", "roles", "tenant_id")
    list_filter = ("status",)
    search_fields = ("email__startswith", "name__startswith")
    ordering = ("name",)
