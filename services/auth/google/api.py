"""Routes of Google sign-in."""

import secrets
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import ContractField, Text
from core.api.permissions import public
from core.api.validation import Body
from core.api.views import ContractView
from core.errors import AuthenticationFailed, BadRequest, Unauthorized
from services.auth.audit.actions import origin_of
from services.auth.google import client, state
from services.auth.google.actions import sign_in
from services.auth.google.client import GoogleIdentity, GoogleRefused
from services.auth.passwords.limits import count_bad_token, refuse_guessing
from services.auth.sessions.actions import Tokens
from services.auth.sessions.api import session_tokens
from services.auth.tokens.rendering import present


class Begin(ContractView):
    """Start a sign-in: a browser comes here."""

    access = {"get": public()}

    def get(self, request: Request) -> Response:
        """Send the browser to Google's consent page."""
        made = state.new_state()
        location = client.consent_url(made, state.code_verifier(made))
        answer = Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(state.COOKIE, made, max_age=state.SECONDS, httponly=True, secure=secure, samesite="Lax")
        return answer


class CallbackBody(Body):
    """What the front end's page read from Google's redirect."""

    code = Text(not_empty=True, max_length=2000)
    state = Text(not_empty=True, max_length=500)


class Callback(ContractView):
    """Where Google sends the browser back to."""

    access = {"get": public(), "post": public()}
    bodies = {"post": CallbackBody}

    def get(self, request: Request) -> Response:
        """Answer token and identity. 401 when Google refused; without code the browser goes to Google again."""
        sent = request.query_params
        if sent.get("error"):
            raise AuthenticationFailed(bare=True)
        if not sent.get("code"):
            return Begin.as_view()(request._request)
        tokens = self._signed_in(request, sent["code"], sent.get("state", ""), cookie=True)
        return Response(_envelope("Google OAuth registration successful", tokens))

    def post(self, request: Request) -> Response:
        """Answer SessionTokens to the front end's own page, which reads code and state from its address."""
        body = self.validated_body()
        return Response(session_tokens(self._signed_in(request, body["code"], body["state"], cookie=False)), status=201)

    def _signed_in(self, request: Request, code: str, sent: str, *, cookie: bool) -> Tokens:
        kept = request.COOKIES.get(state.COOKIE, "")
        if not state.is_ours(sent) or ((cookie or kept) and not secrets.compare_digest(kept, sent)):
            raise AuthenticationFailed(bare=True)
        origin = origin_of(request)
        refuse_guessing(origin)
        try:
            identity = client.identity_of_code(code, state.code_verifier(sent))
        except GoogleRefused:
            count_bad_token(origin)
            raise AuthenticationFailed(bare=True) from None
        return _person_of(identity, request)


def _person_of(identity: GoogleIdentity, request: Request) -> Tokens:
    try:
        return sign_in(identity, origin_of(request))
    except BadRequest as problem:
        cause = f"Failed to register user: {problem.message}"
        body = {"success": False, "message": "Google OAuth registration failed", "error": cause}
        raise BadRequest(cause, body=body) from None


class GoogleTokenBody(Body):
    """A Google access token. The old system did not validate this body, so a wrong one gets the route's own sentences; its
    tenant is not looked at."""

    allow_unknown = True
    accessToken = ContractField(required=False)  # noqa: N815 - wire name
    tenantId = ContractField(required=False)  # noqa: N815


# Google's are shorter than 2048 bytes (https://developers.google.com/identity/protocols/oauth2#size).
_LONGEST = 4000


class Register(ContractView):
    """Register or log in with a Google access token; browsers come here to begin, as to `Begin`."""

    access = {"get": public(), "post": public()}
    bodies = {"post": GoogleTokenBody}

    def get(self, request: Request) -> Response:
        """Send the browser to Google's consent page."""
        return Begin.as_view()(request._request)

    def post(self, request: Request) -> Response:
        """Answer token and identity. Every failure is 400 `Registration failed: <cause>`, but 429 after too many."""
        token = self.validated_body().get("accessToken")
        # What JavaScript takes for nothing.
        if token in (None, "", 0):
            raise BadRequest("Registration failed: Google access token is required")
        origin = origin_of(request)
        refuse_guessing(origin)
        try:
            tokens = sign_in(client.identity_of_token(_text(token)), origin)
        except GoogleRefused:
            count_bad_token(origin)
            raise BadRequest("Registration failed: Invalid Google token") from None
        except (BadRequest, Unauthorized) as problem:
            raise BadRequest(f"Registration failed: Failed to register user: {problem.message}") from None
        return Response(_envelope("User registered successfully", tokens), status=201)


def _text(token: object) -> str:
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise GoogleRefused("no token of theirs")
    return token


def _envelope(message: str, tokens: Tokens) -> dict[str, Any]:
    names = ("email", "firstName", "lastName", "picture")
    user = present({"id": tokens.person["_id"], **{name: tokens.person.get(name) for name in names}})
    wire = {name: value for name, value in session_tokens(tokens).items() if name != "user"}
    return {"success": True, "message": message, "data": {"user": user, **wire}}
