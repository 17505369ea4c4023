"""Django app services.leads.queueing."""

from django.apps import AppConfig


class QueueingConfig(AppConfig):
    """`services.leads.queueing` as an app."""

    name = "services.leads.queueing"
    label = "leads_queueing"
    verbose_name = "Queue"
