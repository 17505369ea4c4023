"""Django app services.auth.audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """`services.auth.audit` as an app."""

    name = "services.auth.audit"
    label = "auth_audit"
    verbose_name = "Security events"
