"""Mails about another e-mail address."""

from datetime import timedelta

from django.conf import settings

from core.worker.mail import mail_task, send

LIFETIME = timedelta(hours=1)


@mail_task("services.auth.addresses.send_confirmation_mail")
def send_confirmation_mail(email: str, name: str, token: str) -> None:
    """Mail the link with which a new address is confirmed, within `LIFETIME`."""
    link, minutes = f"{settings.FRONTEND_URL}/confirm-email?token={token}", LIFETIME // timedelta(minutes=1)
    context = {"name": name, "link": link, "minutes": minutes}
    send("auth_addresses/confirmation", "Confirm your new e-mail address", email, context)


@mail_task("services.auth.addresses.send_notice_mail")
def send_notice_mail(email: str, name: str, wanted: str) -> None:
    """Tell the old address that another one is wanted."""
    send("auth_addresses/notice", "Another e-mail address was asked for", email, {"name": name, "wanted": wanted})


@mail_task("services.auth.addresses.send_changed_mail")
def send_changed_mail(email: str, name: str, new: str) -> None:
    """Tell the old address that it is no longer the person's."""
    send("auth_addresses/changed", "Your e-mail address was changed", email, {"name": name, "new": new})
