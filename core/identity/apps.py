"""Django app of the access tables that every service keeps."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """`core.identity` as an app."""

    name = "core.identity"
    label = "core_identity"
