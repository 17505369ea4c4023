"""Signing in to any service's admin goes through auth; the session then holds for all of them.

Django wants a user row: it is a shadow of the person with the person's id, made when it is missing. What the person may do
comes from the token in the session, checked again on every request.
"""

from typing import Any

import structlog
from bson import ObjectId
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from core.api.addresses import client_address, user_agent
from core.clients.http import ServiceClient, ServiceUnavailable
from core.documents.ids import object_id
from core.errors import AuthenticationFailed, Forbidden
from core.identity.principals import Principal
from core.identity.tokens import verify

log = structlog.get_logger(__name__)

Opened = dict[str, str]

# As long as SESSION_COOKIE_AGE: every signed-in user has a token here.
TOKEN_SECONDS = 8 * 3600
# Django takes whatever starts with ! for no password at all.
_NO_PASSWORD = "!leadmesh"  # noqa: S105
_AWAY = "Signing in is not possible now: the auth service does not answer."
_NOT_ALLOWED = "You need an administrator role to use the admin."


class SecondStep(ValidationError):
    """The password was right, and the code of the second factor is needed: `challenge` names this first step."""

    def __init__(self, sentence: str, challenge: str) -> None:
        super().__init__(sentence)
        self.challenge = challenge


def session_key(user_id: object) -> str:
    """Return the cache key of what auth gave the person at the sign-in: `{accessToken, userId, sessionId}`."""
    return f"admin:session:{user_id}"


def principal_of(request: HttpRequest) -> Principal | None:
    """Return the user who is signed in to the admin, with current rights; None when there is none, or no longer."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    principal: Principal | None = getattr(user, "principal", None)
    return principal


class AuthServiceBackend(BaseBackend):
    """Django's authentication backend that asks the auth service."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: object
    ) -> User | None:
        """Return the person's shadow user, or None for wrong credentials.

        Raises ValidationError with a sentence for the form when auth is away or the person is no administrator, and
        SecondStep when a code is needed. A refused sign-in leaves no session at auth."""
        if request is None:
            return None
        opened = _opened(request, username, password)
        if opened is None:
            return None
        principal = _verified(opened["accessToken"])
        if principal is None or not principal.is_admin:
            _close(opened, request)
            raise ValidationError(_NOT_ALLOWED)
        _close(cache.get(session_key(principal.user_id)), request)
        cache.set(session_key(principal.user_id), opened, TOKEN_SECONDS)
        return _shadow(principal)

    def get_user(self, user_id: object) -> User | None:
        """Return the shadow user of a session, or None when the person may not be here any more."""
        opened = cache.get(session_key(user_id))
        principal = _verified(opened["accessToken"]) if opened else None
        return _shadow(principal) if principal is not None and principal.is_admin else None

    def has_perm(self, user_obj: object, perm: str, obj: object = None) -> bool:
        """Administrators see every model of their tenant; what is beyond tenants is for operators (see site.py)."""
        return bool(getattr(user_obj, "principal", None))

    def has_module_perms(self, user_obj: object, app_label: str) -> bool:
        """As `has_perm`."""
        return self.has_perm(user_obj, app_label)


def sign_out(request: HttpRequest) -> None:
    """End the signed-in user's session at auth; it is the same for every admin, and in every browser of the user."""
    user_id = request.session.get(SESSION_KEY)
    _close(cache.get(session_key(user_id)), request)
    cache.delete(session_key(user_id))


def _opened(request: HttpRequest, username: str, password: str) -> Opened | None:
    """Return what auth answers to the form's sign-in, None for wrong credentials. Raises ValidationError, SecondStep."""
    challenge, code = request.POST.get("challenge"), request.POST.get("code", "").strip()
    proof = {"challengeId": challenge} if challenge else {"email": username, "password": password}
    try:
        answer = ServiceClient("auth").post(
            "/internal/auth/sign-in", json={**proof, **_origin(request), **({"code": code} if code else {})}
        )
    except ServiceUnavailable:
        raise ValidationError(_AWAY) from None
    if answer.status_code == 200:
        opened: Opened = answer.json()
        return opened
    if answer.status_code == 429:
        raise ValidationError("Too many tries: wait a while before the next one.")
    if answer.status_code >= 500:
        raise ValidationError(_AWAY)
    _explain(answer.json(), challenge)
    return None


def _explain(body: dict[str, Any], challenge: str | None) -> None:
    """Raise what auth's refusal means for the form; nothing for wrong credentials, which the form explains itself."""
    if body.get("challengeId"):
        raise SecondStep("Enter the code of your authenticator, or a backup code.", body["challengeId"])
    if challenge and body.get("message") == "Invalid verification code":
        raise SecondStep("This code is not the right one, or was used before.", challenge)
    if body.get("message") == "Account is temporarily locked":
        raise ValidationError("Too many wrong tries for this account: wait a while before the next one.")


def _close(opened: Opened | None, request: HttpRequest) -> None:
    """End a session at auth. When auth is away, the session expires by itself: its token is deleted here already."""
    if not opened:
        return
    whose = {name: opened[name] for name in ("userId", "sessionId")}
    try:
        ServiceClient("auth").post("/internal/auth/sign-out", json={**whose, **_origin(request)})
    except ServiceUnavailable:
        log.warning("admin_session_not_ended", user_id=opened["userId"])


def _origin(request: HttpRequest) -> dict[str, str]:
    """The client's address and browser: auth limits and logs them instead of this service, whose token it trusts."""
    return {"address": client_address(request)[:45], "userAgent": user_agent(request)}


def _verified(token: str) -> Principal | None:
    try:
        return verify(token)
    except (AuthenticationFailed, Forbidden):
        return None


def _shadow(principal: Principal) -> User:
    """Return the shadow user, made if this service has not seen the person yet."""
    key = object_id(principal.user_id) or ObjectId(principal.user_id.encode().ljust(12, b"0")[:12])
    user = User.objects.filter(pk=key).first()
    if user is None or user.username != principal.email:
        user = _named(key, principal.email)
    # The session carries a digest of it: the same in every service, or each would ask again.
    user.password = _NO_PASSWORD
    user.is_staff = user.is_active = True
    user.is_superuser = principal.is_operator
    user.principal = principal  # type: ignore[attr-defined]
    return user


def _named(key: ObjectId, email: str) -> User:
    """Store the shadow user under the user's address. Names are unique, and addresses change hands: a former owner of this one
    is named by id until they sign in again."""
    for other in User.objects.filter(username=email).exclude(pk=key):
        User.objects.filter(pk=other.pk).update(username=str(other.pk), email="")
    fields = {"username": email, "email": email, "password": _NO_PASSWORD, "is_staff": True, "is_active": True}
    # Two first requests of one user at once: the other one created it.
    user, _ = User.objects.update_or_create(pk=key, defaults=fields)
    return user
