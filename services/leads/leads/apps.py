"""Django app services.leads.leads."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """`services.leads.leads` as an app."""

    name = "services.leads.leads"
    label = "leads_leads"
    verbose_name = "Leads"
