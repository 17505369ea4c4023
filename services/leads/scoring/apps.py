"""Django app services.leads.scoring."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """`services.leads.scoring` as an app."""

    name = "services.leads.scoring"
    label = "leads_scoring"
    verbose_name = "Scoring"
