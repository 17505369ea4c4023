"""What users hears of accepted invitations, and the invitation mail."""

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from core.events.envelope import Event
from core.events.handlers import handles
from services.users.invitations.actions import note_acceptance


@shared_task(
    name="services.users.invitations.send_invitation_mail", autoretry_for=(OSError,), retry_backoff=5, max_retries=8
)
def send_invitation_mail(email: str, token: str, message: str | None) -> None:
    """Mail the link with which an invitation is accepted."""
    link = f"{settings.FRONTEND_URL}/accept-invitation?token={token}"
    context = {"link": link, "message": message}
    text = render_to_string("users_invitations/invitation.txt", context)
    html = render_to_string("users_invitations/invitation.html", context)
    send_mail("You are invited", text, None, [email], html_message=html)


@handles("account.registered", service="users")
def account_registered(event: Event) -> None:
    """Close the invitation that a new account came from; the person exists by now (accounts' own handler ran)."""
    if event.payload.invitation_id:
        note_acceptance(event.payload.invitation_id, event.payload.user_id)
