"""Django app services.users.roles."""

from django.apps import AppConfig


class RolesConfig(AppConfig):
    """`services.users.roles` as an app."""

    name = "services.users.roles"
    label = "users_roles"
    verbose_name = "Roles"
