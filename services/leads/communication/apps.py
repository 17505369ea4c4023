"""Django app services.leads.communication."""

from django.apps import AppConfig


class CommunicationConfig(AppConfig):
    """`services.leads.communication` as an app."""

    name = "services.leads.communication"
    label = "leads_communication"
    verbose_name = "Communication"
