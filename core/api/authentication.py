"""DRF authentication: the bearer token of the request, verified here, without asking auth."""

import structlog
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core.errors import AuthenticationFailed
from core.identity.principals import Principal
from core.identity.services import verify_service_token
from core.identity.tenancy import with_requested_tenant
from core.identity.testmode import principal_from
from core.identity.tokens import verify


def bearer_token(request: Request) -> str | None:
    """Return the bearer token of `request`, or None when there is none."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class BearerAuthentication(BaseAuthentication):
    """Sets `request.user` to the Principal. In test mode a request without token gets a test identity."""

    def authenticate(self, request: Request) -> tuple[Principal, str | None] | None:
        """Return the caller, or None when the request has no token. Raises AuthenticationFailed, Forbidden."""
        token = bearer_token(request)
        principal = verify(token) if token else self._test_principal(request)
        if principal is None:
            return None
        principal = with_requested_tenant(principal, request.META.get("HTTP_X_TENANT_ID"))
        request._request.principal = principal  # type: ignore[attr-defined]  # for the request log
        structlog.contextvars.bind_contextvars(tenant=principal.tenant_id, user=principal.user_id)
        return principal, token

    def authenticate_header(self, request: Request) -> str:
        """Return the value of WWW-Authenticate; its presence makes DRF answer 401, not 403."""
        return "Bearer"

    def _test_principal(self, request: Request) -> Principal | None:
        if not settings.TEST_MODE:
            return None
        role = request.query_params.get("testRole") or request.META.get("HTTP_X_TEST_ROLE")
        email = request.query_params.get("testEmail") or request.META.get("HTTP_X_TEST_EMAIL")
        return principal_from(role, email, settings.TEST_DEFAULT_ROLE)


class ServiceAuthentication(BaseAuthentication):
    """For internal routes: the short-lived token of another service. `request.user` is the caller's name."""

    def authenticate(self, request: Request) -> tuple[str, str] | None:
        """Return the name of the calling service. Raises AuthenticationFailed."""
        token = bearer_token(request)
        if token is None:
            raise AuthenticationFailed
        return verify_service_token(token), token

    def authenticate_header(self, request: Request) -> str:
        """Return the value of WWW-Authenticate."""
        return "Bearer"
