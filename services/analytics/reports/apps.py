"""Django app services.analytics.reports."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """`services.analytics.reports` as an app."""

    name = "services.analytics.reports"
    label = "analytics_reports"
    verbose_name = "Reports"
