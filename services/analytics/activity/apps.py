"""Django app services.analytics.activity."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """`services.analytics.activity` as an app."""

    name = "services.analytics.activity"
    label = "analytics_activity"
    verbose_name = "Activity"
