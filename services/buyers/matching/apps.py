"""Django app services.buyers.matching."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """`services.buyers.matching` as an app."""

    name = "services.buyers.matching"
    label = "buyers_matching"
    verbose_name = "Matching"
