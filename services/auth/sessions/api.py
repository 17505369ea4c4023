"""Renewing tokens, logging out, own sessions."""

from datetime import UTC, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.authentication import bearer_token
from core.api.fields import ContractField
from core.api.permissions import public, signed_in
from core.api.validation import Body
from core.api.views import ContractView
from core.documents.collection import now
from core.errors import AuthenticationFailed, Forbidden, Unauthorized
from core.identity.tokens import verify
from services.auth.audit.actions import origin_of
from services.auth.sessions import actions
from services.auth.sessions.queries import active_session, active_sessions
from services.auth.tokens.rendering import account_user, present


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
    """A refresh token; absent when the access token in the header is to be renewed. The old system ignored the body, so nothing
    of it is wrong but the token itself."""

    allow_unknown = True
    refreshToken = ContractField(required=False)  # noqa: N815 - wire name


class Refresh(ContractView):
    """New tokens for a refresh token, or for an unexpired access token in the header."""

    access = {"post": public()}
    bodies = {"post": RefreshBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the new tokens in the old envelope and at the top level."""
        refresh = self.validated_body().get("refreshToken")
        if refresh and not isinstance(refresh, str):
            raise Unauthorized("Invalid refresh token")
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
        except (AuthenticationFailed, Forbidden):
            raise Unauthorized("Invalid refresh token") from None
        return actions.renew_by_access_token(principal, origin_of(request))


class Logout(ContractView):
    """End the caller's session."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """A token of the old system, which has no session, ends itself."""
        actions.log_out(self.principal, origin_of(request))
        return Response({"success": True, "message": "Logout successful"})


class LogoutAll(ContractView):
    """End every session of the caller."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the extracted service's message."""
        actions.end_all(self.principal.user_id, origin_of(request), reason="logout_all")
        return Response({"message": "Logged out from all sessions successfully"})


class Sessions(ContractView):
    """The caller's own sessions."""

    access = {"get": signed_in(), "delete": signed_in()}

    def get(self, request: Request) -> Response:
        """Answer a bare array, the latest active first."""
        return Response(active_sessions(self.principal.user_id, self.principal.session_id))

    def delete(self, request: Request) -> Response:
        """End them all."""
        actions.end_all(self.principal.user_id, origin_of(request), reason="revoked_by_owner")
        return Response({"message": "All sessions revoked successfully"})


class OwnSession(ContractView):
    """One of the caller's own sessions."""

    access = {"delete": signed_in()}

    def delete(self, request: Request, sessionId: str) -> Response:  # noqa: N803 - path name of the contract
        """End it."""
        actions.end_session(self.principal.user_id, sessionId, origin_of(request), reason="revoked_by_owner")
        return Response({"message": "Session revoked successfully"})


# The front end warns when less is left (contract/auth.yaml).
_SOON_SECONDS = 300


class SessionTimeout(ContractView):
    """How long the caller's session still lasts; the front end asks every minute."""

    access = {"get": signed_in(), "post": signed_in()}
    statuses = {"post": 200}

    def get(self, request: Request) -> Response:
        """Answer seconds; a token without session lasts as long as itself."""
        principal = self.principal
        session = active_session(principal.session_id) if principal.session_id else None
        end = session["expiresAt"] if session else datetime.fromtimestamp(principal.expires_at, UTC)
        return Response(_time_left(end))

    def post(self, request: Request) -> Response:
        """Answer the same."""
        return self.get(request)


class SessionExtend(ContractView):
    """Push the session's end back."""

    access = {"post": signed_in()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer what is left afterwards; a token without session cannot be extended."""
        principal = self.principal
        if principal.session_id is None:
            return Response(_time_left(datetime.fromtimestamp(principal.expires_at, UTC)))
        return Response(_time_left(actions.extend(principal.user_id, principal.session_id)["expiresAt"]))


def _time_left(end: datetime) -> dict[str, Any]:
    left = max(0, int((end - now()).total_seconds()))
    wire: dict[str, Any] = {"timeRemaining": left, "isExpiringSoon": left < _SOON_SECONDS, "valid": left > 0}
    return wire if left > 0 else {**wire, "message": "Session expired"}
