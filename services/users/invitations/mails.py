"""The invitation mail."""

from django.conf import settings

from core.worker.mail import mail_task, send


@mail_task("services.users.invitations.send_invitation_mail")
def send_invitation_mail(email: str, token: str, message: str | None) -> None:
    """Mail the link with which an invitation is accepted."""
    link = f"{settings.FRONTEND_URL}/accept-invitation?token={token}"
    send("users_invitations/invitation", "You are invited", email, {"link": link, "message": message})
