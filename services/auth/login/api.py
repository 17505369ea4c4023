"""Logging in with e-mail and password."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.checks import is_email
from core.api.errors import BadRequest
from core.api.permissions import public
from core.api.validation import Body, Text
from core.api.views import ContractView
from services.auth.audit.actions import origin_of
from services.auth.login.actions import log_in
from services.auth.passwords.rules import MAX_LENGTH
from services.auth.sessions.api import session_tokens


class LoginBody(Body):
    """Credentials. A later client says identifier for email."""

    email = Text(required=False, max_length=254)
    identifier = Text(required=False, max_length=254)
    password = Text(not_empty=True, max_length=MAX_LENGTH)
    # Of the second factor; challengeId comes back from clients that keep it.
    code = Text(required=False, max_length=20)
    challengeId = Text(required=False, max_length=100)  # noqa: N815 - wire name


class Login(ContractView):
    """Log in with e-mail and password."""

    access = {"post": public()}
    bodies = {"post": LoginBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer SessionTokens. 401 for wrong credentials or when a code is needed, 429 for an address with too many failures."""
        body = self.validated_body()
        email = body.get("email") or body.get("identifier") or ""
        if not is_email(email):
            raise BadRequest(["email must be an email"])
        return Response(session_tokens(log_in(email, body["password"], body.get("code"), origin_of(request))))
