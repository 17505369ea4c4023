"""Django app services.users.accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """`services.users.accounts` as an app."""

    name = "services.users.accounts"
    label = "users_accounts"
    verbose_name = "People"
