"""Django app services.auth.addresses."""

from django.apps import AppConfig


class AddressesConfig(AppConfig):
    """`services.auth.addresses` as an app."""

    name = "services.auth.addresses"
    label = "auth_addresses"
    verbose_name = "E-mail addresses"
