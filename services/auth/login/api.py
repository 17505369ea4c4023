"""Logging in with e-mail and password; and for the admins of all services, on behalf of a person in front of them."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.checks import is_email
from core.api.fields import MongoId, Text
from core.api.permissions import internal, public
from core.api.validation import Body
from core.api.views import ContractView, InternalView
from core.errors import BadRequest
from core.identity.tokens import claims_of
from services.auth.audit.actions import Origin, origin_of
from services.auth.login.actions import log_in, sign_out, take_second_step
from services.auth.passwords.rules import MAX_LENGTH
from services.auth.sessions.api import session_tokens


class LoginBody(Body):
    """Credentials. A later client says identifier for email."""

    email = Text(required=False, max_length=254)
    password = Text(not_empty=True, max_length=MAX_LENGTH)
    identifier = Text(required=False, max_length=254)
    # Of the second factor; challengeId comes back from clients that keep it.
    code = Text(required=False, max_length=20)
    challengeId = Text(required=False, max_length=500)  # noqa: N815 - wire name


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


class OnBehalfBody(Body):
    """Where the person is who asks the calling service: limits and the log are theirs, not the service's."""

    address = Text(max_length=45)
    userAgent = Text(max_length=300)  # noqa: N815 - wire name


class SignInBody(OnBehalfBody):
    """Credentials; or the challenge of a first step, and the code."""

    email = Text(required=False, max_length=254)
    password = Text(required=False, max_length=MAX_LENGTH)
    challengeId = Text(required=False, max_length=500)  # noqa: N815
    code = Text(required=False, max_length=20)


class SignIn(InternalView):
    """Log a person in who stands before another service, as `Login` does."""

    access = {"post": internal()}
    bodies = {"post": SignInBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the access token and whose it is. 401, 429 as `Login`."""
        body = self.validated_body()
        origin, code = _person_behind(body), body.get("code")
        if body.get("challengeId"):
            tokens = take_second_step(body["challengeId"], code, origin)
        else:
            tokens = log_in(body.get("email", ""), body.get("password", ""), code, origin)
        session_id = claims_of(tokens.access)["sessionId"]
        return Response({"accessToken": tokens.access, "userId": tokens.person["_id"], "sessionId": session_id})


class SignOutBody(OnBehalfBody):
    """Whose session ends."""

    userId = MongoId()  # noqa: N815
    sessionId = MongoId()  # noqa: N815


class SignOut(InternalView):
    """End the session that `SignIn` opened."""

    access = {"post": internal()}
    bodies = {"post": SignOutBody}
    statuses = {"post": 204}

    def post(self, request: Request) -> Response:
        """Answer 204, also when it had ended."""
        body = self.validated_body()
        sign_out(body["userId"], body["sessionId"], _person_behind(body))
        return Response(status=204)


def _person_behind(body: dict[str, Any]) -> Origin:
    return Origin(body["address"], body["userAgent"])
