"""Django app services.leads.transfer."""

from django.apps import AppConfig


class TransferConfig(AppConfig):
    """`services.leads.transfer` as an app."""

    name = "services.leads.transfer"
    label = "leads_transfer"
    verbose_name = "Import and export"
