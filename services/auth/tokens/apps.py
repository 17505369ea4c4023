"""Django app services.auth.tokens."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """`services.auth.tokens` as an app."""

    name = "services.auth.tokens"
    label = "auth_tokens"
    verbose_name = "Tokens"
