"""Django app services.auth.passwords."""

from django.apps import AppConfig


class PasswordsConfig(AppConfig):
    """`services.auth.passwords` as an app."""

    name = "services.auth.passwords"
    label = "auth_passwords"
    verbose_name = "Credentials"
