"""Signing in to any service's admin goes through auth; the session then holds for all of them.

Django wants a user row: it is a shadow of the person with the person's id, made when it is missing. What the person may do
comes from the token in the session, checked again on every request.
"""

from typing import Any

import structlog
from bson import ObjectId
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from core.clients.http import ServiceClient, ServiceUnavailable
from core.documents.ids import object_id
from core.identity.principals import AccessDenied, AuthenticationFailed, Principal
from core.identity.tokens import verify

log = structlog.get_logger(__name__)

# As long as SESSION_COOKIE_AGE: whoever is signed in has a token here.
TOKEN_SECONDS = 8 * 3600
# Django takes whatever starts with ! for no password at all.
_NO_PASSWORD = "!leadmesh"  # noqa: S105
_NOT_ALLOWED = "You need an administrator role to use the admin."


def token_key(user_id: object) -> str:
    """Return the cache key of the token with which the person signed in."""
    return f"admin:token:{user_id}"


def principal_of(request: HttpRequest) -> Principal | None:
    """Return who is signed in to the admin, with the rights that hold now; None for nobody or no longer."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    principal: Principal | None = getattr(user, "principal", None)
    return principal


class AuthServiceBackend(BaseBackend):
    """Django's authentication backend that asks the auth service."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> User | None:
        """Return the person's shadow user, or None for wrong credentials.

        Raises ValidationError with a sentence for the form when auth is away or the person is no administrator."""
        body = {"email": username, "password": password}
        code = request.POST.get("code") if request is not None else None
        token = _login({**body, "code": code} if code else body)
        principal = _verified(token) if token else None
        if principal is None:
            return None
        if not principal.is_admin:
            raise ValidationError(_NOT_ALLOWED)
        cache.set(token_key(principal.user_id), token, TOKEN_SECONDS)
        return _shadow(principal)

    def get_user(self, user_id: Any) -> User | None:
        """Return the shadow user of a session, or None when the person may not be here any more."""
        token = cache.get(token_key(user_id))
        principal = _verified(token) if token else None
        return _shadow(principal) if principal is not None and principal.is_admin else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Administrators see every model of their tenant; what is beyond tenants is for operators (see site.py)."""
        return bool(getattr(user_obj, "principal", None))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """As `has_perm`."""
        return self.has_perm(user_obj, app_label)


def _login(body: dict[str, Any]) -> str | None:
    try:
        answer = ServiceClient("auth").post("/api/auth/login", json=body)
    except ServiceUnavailable:
        raise ValidationError("Signing in is not possible now: the auth service does not answer.") from None
    if answer.status_code == 200:
        return str(answer.json()["accessToken"])
    if answer.status_code == 401 and "MFA" in answer.text:
        raise ValidationError("Enter the code of your authenticator as well.")
    if answer.status_code == 429:
        raise ValidationError("Too many tries: wait a while before the next one.")
    return None


def _verified(token: str) -> Principal | None:
    try:
        return verify(token)
    except (AuthenticationFailed, AccessDenied):
        return None


def _shadow(principal: Principal) -> User:
    """Return the shadow user, made if this service has not seen the person yet."""
    key = object_id(principal.user_id) or ObjectId(principal.user_id.encode().ljust(12, b"0")[:12])
    user = User.objects.filter(pk=key).first()
    if user is None:
        user = User(pk=key, username=principal.email, email=principal.email, is_staff=True, is_active=True)
        user.password = _NO_PASSWORD
        user.save(force_insert=True)
    # The session carries a digest of it: the same in every service, or each would ask again.
    user.password = _NO_PASSWORD
    user.is_staff = user.is_active = True
    user.is_superuser = principal.is_operator
    user.principal = principal  # type: ignore[attr-defined]
    return user
