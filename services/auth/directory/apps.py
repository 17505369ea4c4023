"""Django app services.auth.directory."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """`services.auth.directory` as an app."""

    name = "services.auth.directory"
    label = "auth_directory"
    verbose_name = "Directory"
