"""Django app services.analytics.facts."""

from django.apps import AppConfig


class FactsConfig(AppConfig):
    """`services.analytics.facts` as an app."""

    name = "services.analytics.facts"
    label = "analytics_facts"
    verbose_name = "Facts"
