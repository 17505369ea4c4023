"""Django app services.auth.mfa."""

from django.apps import AppConfig


class MfaConfig(AppConfig):
    """`services.auth.mfa` as an app."""

    name = "services.auth.mfa"
    label = "auth_mfa"
    verbose_name = "MFA"
