"""Mails about credentials, sent by the worker."""

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from pymongo.errors import PyMongoError

from services.auth.audit.actions import Origin
from services.auth.passwords.resets import request_reset

_BACKOFF: dict[str, Any] = {"retry_backoff": 5, "max_retries": 8}
_RETRY: dict[str, Any] = {"autoretry_for": (OSError,), **_BACKOFF}


@shared_task(name="services.auth.passwords.send_verification_mail", **_RETRY)
def send_verification_mail(email: str, token: str) -> None:
    """Mail the link that verifies an address."""
    link = f"{settings.FRONTEND_URL}/verify-email?token={token}"
    _send("verification", "Confirm your e-mail address", email, {"link": link})


@shared_task(name="services.auth.passwords.handle_reset_request", autoretry_for=(PyMongoError,), **_BACKOFF)
def handle_reset_request(email: str, address: str, user_agent: str) -> None:
    """Make and mail a link for whoever has this e-mail address, if anybody; `address`, `user_agent`: who asked."""
    request_reset(email, Origin(address, user_agent))


@shared_task(name="services.auth.passwords.send_reset_mail", **_RETRY)
def send_reset_mail(email: str, name: str, token: str) -> None:
    """Mail the link with which a new password can be set."""
    link = f"{settings.FRONTEND_URL}/reset-password?token={token}"
    minutes = settings.RESET_TOKEN_SECONDS // 60
    _send("reset", "Set a new password", email, {"name": name, "link": link, "minutes": minutes})


@shared_task(name="services.auth.passwords.send_changed_mail", **_RETRY)
def send_changed_mail(email: str, name: str, address: str) -> None:
    """Mail that the password was reset, and from where."""
    _send("changed", "Your password was changed", email, {"name": name, "address": address})


def _send(template: str, subject: str, email: str, context: Mapping[str, object]) -> None:
    text = render_to_string(f"auth_passwords/{template}.txt", context)
    html = render_to_string(f"auth_passwords/{template}.html", context)
    send_mail(subject, text, None, [email], html_message=html)
