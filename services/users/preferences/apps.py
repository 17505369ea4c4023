"""Django app services.users.preferences."""

from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    """`services.users.preferences` as an app."""

    name = "services.users.preferences"
    label = "users_preferences"
    verbose_name = "Preferences"
