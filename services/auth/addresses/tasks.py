"""What auth hears of addresses, and mails about them."""

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.addresses import actions

_RETRY: dict[str, Any] = {"autoretry_for": (OSError,), "retry_backoff": 5, "max_retries": 8}


@handles("user.email_requested", service="auth")
def email_requested(event: Event) -> None:
    """Ask the new address, tell the old one."""
    actions.propose(event.payload.user_id, event.payload.email)


@handles("user.updated", service="auth")
def address_followed(event: Event) -> None:
    """Let the credential follow; the directory has heard of it already."""
    actions.follow(event.payload.user_id)


@shared_task(name="services.auth.addresses.send_confirmation_mail", **_RETRY)
def send_confirmation_mail(email: str, name: str, token: str) -> None:
    """Mail the link with which a new address is confirmed."""
    link = f"{settings.FRONTEND_URL}/confirm-email?token={token}"
    minutes = int(actions.LIFETIME.total_seconds()) // 60
    _send("confirmation", "Confirm your new e-mail address", email, {"name": name, "link": link, "minutes": minutes})


@shared_task(name="services.auth.addresses.send_notice_mail", **_RETRY)
def send_notice_mail(email: str, name: str, wanted: str) -> None:
    """Tell the old address that another one is wanted."""
    _send("notice", "Another e-mail address was asked for", email, {"name": name, "wanted": wanted})


@shared_task(name="services.auth.addresses.send_changed_mail", **_RETRY)
def send_changed_mail(email: str, name: str, new: str) -> None:
    """Tell the old address that it is no longer the person's."""
    _send("changed", "Your e-mail address was changed", email, {"name": name, "new": new})


def _send(template: str, subject: str, email: str, context: Mapping[str, object]) -> None:
    text = render_to_string(f"auth_addresses/{template}.txt", context)
    html = render_to_string(f"auth_addresses/{template}.html", context)
    send_mail(subject, text, None, [email], html_message=html)
