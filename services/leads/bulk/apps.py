"""Django app services.leads.bulk."""

from django.apps import AppConfig


class BulkConfig(AppConfig):
    """`services.leads.bulk` as an app."""

    name = "services.leads.bulk"
    label = "leads_bulk"
    verbose_name = "Bulk operations"
