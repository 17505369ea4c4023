"""Sessions, CSRF and messages cost round trips: only the admin pays for them."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware

from core.admin.signin import principal_of
from core.documents.scope import TenantScope, activate

Handler = Callable[[HttpRequest], HttpResponse]
PREFIX = "/admin/"
# From the inside out.
_CHAIN: tuple[Any, ...] = (
    XFrameOptionsMiddleware,
    MessageMiddleware,
    AuthenticationMiddleware,
    CsrfViewMiddleware,
    SessionMiddleware,
)


class AdminOnlyMiddleware:
    """Runs the admin's middleware, and the tenant scope of the person, for paths below /admin/ only."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        handler: Handler = ScopeMiddleware(get_response)
        for middleware in _CHAIN:
            handler = middleware(handler)
        self.admin = handler
        self.csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle `request`."""
        return self.admin(request) if request.path.startswith(PREFIX) else self.get_response(request)

    def process_view(self, request: HttpRequest, callback: Handler, arguments: Any, options: Any) -> Any:
        """Check the CSRF token where Django would: once the view is known."""
        if not request.path.startswith(PREFIX):
            return None
        return self.csrf.process_view(request, callback, arguments, options)


class ScopeMiddleware:
    """Lets model managers see what the signed-in user may see, and nothing when no user is signed in."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle `request` inside the person's tenant scope."""
        principal = principal_of(request)
        with activate(principal.scope if principal else TenantScope(None)):
            return self.get_response(request)
