"""Django app services.leads.assignment."""

from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    """`services.leads.assignment` as an app."""

    name = "services.leads.assignment"
    label = "leads_assignment"
    verbose_name = "Assignment"
