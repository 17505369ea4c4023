"""Django app services.auth.invitations."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """`services.auth.invitations` as an app."""

    name = "services.auth.invitations"
    label = "auth_invitations"
    verbose_name = "Invitations"
