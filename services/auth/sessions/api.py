"""Renewing tokens, logging out, own sessions."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.addresses import client_address, user_agent
from core.api.authentication import bearer_token
from core.api.errors import Unauthorized
from core.api.permissions import public, signed_in
from core.api.validation import Body, Text
from core.api.views import ContractView
from core.identity.principals import AccessDenied, AuthenticationFailed
from core.identity.tokens import verify
from services.auth.sessions import actions
from services.auth.sessions.queries import active_sessions
from services.auth.tokens.rendering import account_user, present


def origin_of(request: Request) -> actions.Origin:
    """Return where `request` came from."""
    return actions.Origin(client_address(request._request), user_agent(request._request))


def session_tokens(tokens: actions.Tokens) -> dict[str, Any]:
    """Return SessionTokens: the names of the extracted service and those that the front end reads."""
    wire = {
        "user": account_user(tokens.person),
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
        "expiresIn": tokens.expires_in,
        "token": tokens.access,
    }
    return present(wire)


class RefreshBody(Body):
    """A refresh token; absent when the access token in the header is to be renewed."""

    refreshToken = Text(required=False)  # noqa: N815 - wire name


class Refresh(ContractView):
    """New tokens for a refresh token, or for an unexpired access token in the header."""

    access = {"post": public()}
    bodies = {"post": RefreshBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the new tokens in the old envelope and at the top level."""
        refresh = self.validated_body().get("refreshToken")
        tokens = actions.renew(refresh, origin_of(request)) if refresh else self._renewed_by_header(request)
        wire = session_tokens(tokens)
        data = {"token": tokens.access, "expiresIn": tokens.expires_in}
        return Response({"success": True, "message": "Token refreshed successfully", "data": data, **wire})

    def _renewed_by_header(self, request: Request) -> actions.Tokens:
        token = bearer_token(request)
        if token is None:
            raise Unauthorized("No token provided")
        try:
            principal = verify(token)
        except (AuthenticationFailed, AccessDenied):
            raise Unauthorized("Invalid refresh token") from None
        return actions.renew_by_access_token(principal.user_id, principal.session_id, origin_of(request))


class Logout(ContractView):
    """End the caller's session."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer success also for a token that has no session."""
        actions.log_out(self.principal.user_id, self.principal.session_id, origin_of(request))
        return Response({"success": True, "message": "Logout successful"})


class LogoutAll(ContractView):
    """End every session of the caller."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the extracted service's message."""
        actions.end_sessions_of(self.principal.user_id, reason="logout_all")
        return Response({"message": "Logged out from all sessions successfully"})


class Sessions(ContractView):
    """The caller's own sessions."""

    access = {"get": signed_in(), "delete": signed_in()}

    def get(self, request: Request) -> Response:
        """Answer a bare array, the latest active first."""
        return Response(active_sessions(self.principal.user_id, self.principal.session_id))

    def delete(self, request: Request) -> Response:
        """End them all."""
        actions.end_sessions_of(self.principal.user_id, reason="revoked_by_owner")
        return Response({"message": "All sessions revoked successfully"})


class OwnSession(ContractView):
    """One of the caller's own sessions."""

    access = {"delete": signed_in()}

    def delete(self, request: Request, sessionId: str) -> Response:  # noqa: N803 - path name of the contract
        """End it."""
        actions.end_session(self.principal.user_id, sessionId, origin_of(request), reason="revoked_by_owner")
        return Response({"message": "Session revoked successfully"})
