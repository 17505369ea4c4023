"""Registration, address verification, password change and reset."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parsing import plain_body
from core.api.permissions import public, signed_in
from core.api.views import ContractView
from core.worker.jobs import enqueue
from services.auth.audit.actions import origin_of
from services.auth.passwords import actions, resets
from services.auth.passwords.limits import (
    count_registration,
    count_reset_request,
    count_token,
    count_verification_mail,
)
from services.auth.passwords.serializers import (
    ChangePasswordBody,
    ForgotPasswordBody,
    RegisterBody,
    ResetPasswordBody,
    ResetTokenBody,
    VerifyEmailBody,
)
from services.auth.passwords.tasks import handle_reset_request
from services.auth.tokens.rendering import account_user

_REQUESTED = "If an account with that email exists, a password reset link has been sent."
_RESET = "Password has been successfully reset. You can now log in with your new password."
_REGISTERED = "User registered successfully. Please check your email to verify your account."


class Register(ContractView):
    """Open an account."""

    access = {"post": public()}
    bodies = {"post": RegisterBody}

    def post(self, request: Request) -> Response:
        """Answer the new account. 409 when the address is taken, 429 after too many."""
        body = self.validated_body()
        count_registration(body["email"], origin_of(request))
        person = actions.register(body)
        return Response({"message": _REGISTERED, "user": account_user(person)}, status=201)


class ChangePassword(ContractView):
    """Change the own password."""

    access = {"post": signed_in()}
    bodies = {"post": ChangePasswordBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """End every session on success, also those opened with a stolen old password."""
        body = self.validated_body()
        user_id = self.principal.user_id
        actions.change_password(user_id, body["currentPassword"], body["newPassword"], origin_of(request))
        return Response({"message": "Password changed successfully"})


class VerifyEmail(ContractView):
    """Confirm an e-mail address."""

    access = {"post": public()}
    bodies = {"post": VerifyEmailBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """400 for a token that is unknown, used or older than 24 hours."""
        token = self.validated_body()["token"]
        count_token(origin_of(request))
        actions.verify_email(token)
        return Response({"message": "Email verified successfully"})


class ResendVerification(ContractView):
    """Send the verification mail again."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the same whether or not a mail was needed. 429 after too many."""
        count_verification_mail(self.principal.user_id, origin_of(request))
        actions.resend_verification(self.principal.user_id)
        return Response({"message": "Verification email sent successfully"})


class ForgotPassword(ContractView):
    """Ask for a link with which a new password can be set."""

    access = {"post": public()}
    bodies = {"post": ForgotPasswordBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the same for every address. 429 for the fourth request within an hour."""
        return request_link(request)


def request_link(request: Request) -> Response:
    """Count the request, check its body, let the worker mail a link if a user has the address."""
    sent, origin = plain_body(request.data), origin_of(request)
    count_reset_request(sent.get("email"), origin)
    body = ForgotPasswordBody(data=sent)
    body.is_valid(raise_exception=True)
    # Here nothing may differ by whether the address is known.
    enqueue(handle_reset_request, body.validated_data["email"], origin.address, origin.user_agent)
    return Response({"message": _REQUESTED})


class ResetPassword(ContractView):
    """Set a new password; with an e-mail address alone it asks for a link, as the front end's page does."""

    access = {"post": public()}
    bodies = {"post": ResetPasswordBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """400 for a token that is unknown, used or old, and for a bad password."""
        sent = plain_body(request.data)
        if "email" in sent and not sent.keys() & {"token", "newPassword"}:
            return request_link(request)
        body = self.validated_body()
        count_token(origin_of(request))
        resets.reset_password(body["token"], body["newPassword"], origin_of(request))
        return Response({"message": _RESET})


class ValidateResetToken(ContractView):
    """Whether the token of a reset mail is good."""

    access = {"post": public()}
    bodies = {"post": ResetTokenBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer 200 either way; the token stays usable."""
        token = self.validated_body()["token"]
        count_token(origin_of(request))
        return Response({"valid": resets.is_usable(token)})
