"""Mails about credentials."""

from django.conf import settings

from core.worker.mail import mail_task, send


@mail_task("services.auth.passwords.send_verification_mail")
def send_verification_mail(email: str, token: str) -> None:
    """Mail the link that verifies an address."""
    link = f"{settings.FRONTEND_URL}/verify-email?token={token}"
    send("auth_passwords/verification", "Confirm your e-mail address", email, {"link": link})


@mail_task("services.auth.passwords.send_reset_mail")
def send_reset_mail(email: str, name: str, token: str) -> None:
    """Mail the link with which a new password can be set."""
    link = f"{settings.FRONTEND_URL}/reset-password?token={token}"
    minutes = settings.RESET_TOKEN_SECONDS // 60
    send("auth_passwords/reset", "Set a new password", email, {"name": name, "link": link, "minutes": minutes})


@mail_task("services.auth.passwords.send_changed_mail")
def send_changed_mail(email: str, name: str, address: str) -> None:
    """Mail that the password was reset, and from where."""
    send("auth_passwords/changed", "Your password was changed", email, {"name": name, "address": address})
