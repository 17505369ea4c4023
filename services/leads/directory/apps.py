"""Django app services.leads.directory."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """`services.leads.directory` as an app."""

    name = "services.leads.directory"
    label = "leads_directory"
    verbose_name = "Directory"
