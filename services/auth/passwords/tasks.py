"""Mails about credentials, sent by the worker."""

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string


@shared_task(
    name="services.auth.passwords.send_verification_mail", autoretry_for=(OSError,), retry_backoff=5, max_retries=8
)
def send_verification_mail(email: str, token: str) -> None:
    """Mail the link that verifies an address."""
    link = f"{settings.FRONTEND_URL}/verify-email?token={token}"
    text = render_to_string("auth_passwords/verification.txt", {"link": link})
    html = render_to_string("auth_passwords/verification.html", {"link": link})
    send_mail("Confirm your e-mail address", text, None, [email], html_message=html)
