"""Django app services.auth.google."""

from django.apps import AppConfig


class GoogleConfig(AppConfig):
    """`services.auth.google` as an app."""

    name = "services.auth.google"
    label = "auth_google"
    verbose_name = "Google sign-in"
