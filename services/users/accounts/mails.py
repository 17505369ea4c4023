"""Mails to people about their accounts."""

from typing import Any

from core.worker.mail import mail_task, send

_SUBJECTS = {
    "welcome": "Welcome to Leadmesh",
    "added": "An account was opened for you",
    "status": "Your account's status changed",
    "profile": "Your profile was changed",
    "accepted": "Your account is ready",
}


@mail_task("services.users.accounts.send_user_mail")
def send_user_mail(kind: str, email: str, context: dict[str, Any]) -> None:
    """Send a mail of one of the kinds in `_SUBJECTS`."""
    send(f"users_accounts/{kind}", _SUBJECTS[kind], email, context)
