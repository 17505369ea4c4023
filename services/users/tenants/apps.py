"""Django app services.users.tenants."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """`services.users.tenants` as an app."""

    name = "services.users.tenants"
    label = "users_tenants"
    verbose_name = "Tenants"
