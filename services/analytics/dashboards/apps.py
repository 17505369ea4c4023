"""Django app services.analytics.dashboards."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """`services.analytics.dashboards` as an app."""

    name = "services.analytics.dashboards"
    label = "analytics_dashboards"
    verbose_name = "Dashboards"
