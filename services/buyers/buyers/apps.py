"""Django app services.buyers.buyers."""

from django.apps import AppConfig


class BuyersConfig(AppConfig):
    """`services.buyers.buyers` as an app."""

    name = "services.buyers.buyers"
    label = "buyers_buyers"
    verbose_name = "Buyers"
