"""Django app services.users.invitations."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """`services.users.invitations` as an app."""

    name = "services.users.invitations"
    label = "users_invitations"
    verbose_name = "Invitations"
