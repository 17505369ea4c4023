"""Django app services.auth.sessions."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """`services.auth.sessions` as an app."""

    name = "services.auth.sessions"
    label = "auth_sessions"
    verbose_name = "Sessions"
