"""Who may call a route. A view declares it per method:
`access = {"get": signed_in(), "post": needs("users:create")}`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission

from core.errors import AuthenticationFailed, Forbidden
from core.identity.principals import Principal


@dataclass(frozen=True, slots=True)
class Access:
    """A rule of access: what it demands, in words for the API description, and its test."""

    description: str
    allows: Callable[[Principal], bool]
    public: bool = False


def public() -> Access:
    """Any caller, with or without a token."""
    return Access("public", lambda principal: True, public=True)


def signed_in() -> Access:
    """Any caller with a valid token."""
    return Access("any signed-in caller", lambda principal: True)


def roles(*names: str) -> Access:
    """A caller with one of these roles, by name or equivalence (users-rules §3.1)."""
    return Access("role " + " or ".join(names), lambda principal: principal.has_role(*names))


def needs(*permissions: str) -> Access:
    """A caller with all of these permissions."""
    return Access("permission " + " and ".join(permissions), lambda principal: principal.may(*permissions))


def internal() -> Access:
    """Another service with its service token; only for InternalView, whose authentication sees to it."""
    return Access("another service", lambda principal: False)


def operator() -> Access:
    """A platform operator (SUPER_ADMIN)."""
    return Access("platform operator", lambda principal: principal.is_operator)


class DeclaredAccess(BasePermission):
    """DRF permission that applies the view's `access` declaration. A method without one is refused."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raise AuthenticationFailed (401) without caller, Forbidden (403) when the rule refuses."""
        rule: Access = view.access[request.method.lower()]
        if rule.public:
            return True
        if not isinstance(request.user, Principal):
            raise AuthenticationFailed
        if not rule.allows(request.user):
            raise Forbidden
        return True


class IsAuthenticated(BasePermission):
    """The default of views that declare nothing: a known caller."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raise AuthenticationFailed without caller."""
        if request.user is None:
            raise AuthenticationFailed
        return True
