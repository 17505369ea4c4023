"""Registration, login, address verification, password change."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.checks import is_email
from core.api.errors import BadRequest
from core.api.permissions import public, signed_in
from core.api.views import ContractView
from services.auth.passwords import actions
from services.auth.passwords.serializers import ChangePasswordBody, LoginBody, RegisterBody, VerifyEmailBody
from services.auth.sessions.api import origin_of, session_tokens
from services.auth.tokens.rendering import account_user

_REGISTERED = "User registered successfully. Please check your email to verify your account."


class Register(ContractView):
    """Open an account."""

    access = {"post": public()}
    bodies = {"post": RegisterBody}

    def post(self, request: Request) -> Response:
        """Answer the new account. 409 when the address is taken."""
        person = actions.register(self.validated_body())
        return Response({"message": _REGISTERED, "user": account_user(person)}, status=201)


class Login(ContractView):
    """Log in with e-mail and password."""

    access = {"post": public()}
    bodies = {"post": LoginBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer SessionTokens. 401 for wrong credentials, 429 for an address with too many failures."""
        body = self.validated_body()
        email = body.get("email") or body.get("identifier") or ""
        if not is_email(email):
            raise BadRequest(["email must be an email"])
        return Response(session_tokens(actions.log_in(email, body["password"], origin_of(request))))


class ChangePassword(ContractView):
    """Change the own password."""

    access = {"post": signed_in()}
    bodies = {"post": ChangePasswordBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """End every session on success: whoever knew the old password is out."""
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
        actions.verify_email(self.validated_body()["token"])
        return Response({"message": "Email verified successfully"})


class ResendVerification(ContractView):
    """Send the verification mail again."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the same whether or not a mail was needed."""
        actions.resend_verification(self.principal.user_id)
        return Response({"message": "Verification email sent successfully"})
