"""Django app services.users.activity."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """`services.users.activity` as an app. The log's collections are those of accounts, which writes them."""

    name = "services.users.activity"
    label = "users_activity"
    verbose_name = "Activity log"
