"""Mails, which the worker sends: a mail server that is away delays no request."""

from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.core.mail import send_mail
from django.template.loader import render_to_string


def mail_task(name: str) -> Callable[[Callable[..., None]], Any]:
    """Make a function that sends a mail a task, tried again for about half an hour while the mail server is away.

    name: as it is on the wire; the next release must know it still."""
    return shared_task(name=name, autoretry_for=(OSError,), retry_backoff=5, max_retries=8)


def send(template: str, subject: str, email: str, context: dict[str, Any]) -> None:
    """Send `<template>.txt` and `<template>.html` to `email` as one mail. Raises OSError when the server does not take it."""
    text, html = (render_to_string(f"{template}.{kind}", context) for kind in ("txt", "html"))
    send_mail(subject, text, None, [email], html_message=html)
