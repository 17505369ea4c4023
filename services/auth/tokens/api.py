"""Who am I, is my token good, which keys are yours: reads around tokens, and test mode."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Free, Text
from core.api.permissions import public, signed_in
from core.api.rendering import json_response
from core.api.validation import Body
from core.api.views import ContractView
from core.errors import AuthenticationFailed, BadRequest, Forbidden
from core.identity.testmode import TEST_ROLES, test_principal
from core.identity.tokens import verify
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import person_by_id
from services.auth.tokens.actions import change_profile
from services.auth.tokens.issue import access_token
from services.auth.tokens.keys import public_keys
from services.auth.tokens.rendering import account_user, person_of, present, token_user


def jwks(request: HttpRequest) -> HttpResponse:
    """Answer the public keys of access tokens (RFC 7517)."""
    return json_response(public_keys(), headers={"Cache-Control": "public, max-age=2"})


class Me(ContractView):
    """The caller's account, bare."""

    access = {"get": signed_in()}

    def get(self, request: Request) -> Response:
        """Answer AccountUser."""
        person = person_by_id(self.principal.user_id) or person_of(self.principal)
        return Response(account_user({**person, "roles": list(self.principal.roles)}))


class ProfileBody(Body):
    """What users may change of themselves here; other members are ignored."""

    allow_unknown = True
    firstName = Text(not_empty=True, max_length=50, trim=True, required=False)  # noqa: N815 - wire name
    lastName = Text(not_empty=True, max_length=50, trim=True, required=False)  # noqa: N815
    picture = Text(required=False, max_length=2000)
    settings = Free(required=False)


class Profile(ContractView):
    """The caller's identity in the old envelope."""

    access = {"get": signed_in(), "post": signed_in(), "put": signed_in()}
    bodies = {"post": ProfileBody, "put": ProfileBody}
    statuses = {"post": 200}

    def get(self, request: Request) -> Response:
        """Answer the identity under data.user, and once more under data, where the front end reads it."""
        principal = self.principal
        person = person_by_id(principal.user_id) or person_of(principal)
        names = ("firstName", "lastName", "picture", "settings")
        shown = {name: person.get(name) for name in names} | {"status": principal.status}
        user = present(token_user(principal) | shown)
        return Response({"success": True, "message": "Profile retrieved successfully", "data": {**user, "user": user}})

    def post(self, request: Request) -> Response:
        """Change the caller's names, picture or settings; the front end's context reads data."""
        return Response({"success": True, "message": "Profile updated successfully", "data": self._changed()})

    def put(self, request: Request) -> Response:
        """The same; the front end's service reads a bare account."""
        return Response(self._changed())

    def _changed(self) -> dict[str, Any]:
        principal = self.principal
        person: PersonDocument = {**person_of(principal), **change_profile(principal.user_id, self.validated_body())}
        return account_user({**person, "roles": list(principal.roles)})


class TokenBody(Body):
    """A token to look at."""

    token = Text(not_empty=True)


class Validate(ContractView):
    """Whether a token is good: the caller's own, or one in the body."""

    access = {"get": signed_in(), "post": public()}
    bodies = {"post": TokenBody}
    statuses = {"post": 200}

    def get(self, request: Request) -> Response:
        """Answer that the caller's token is valid, at both levels."""
        found = {"valid": True, "user": token_user(self.principal)}
        return Response({"success": True, "message": "Token is valid", "data": found, **found})

    def post(self, request: Request) -> Response:
        """Answer whether the token in the body is valid, without telling whose it is."""
        try:
            verify(self.validated_body()["token"])
        except (AuthenticationFailed, Forbidden):
            return Response({"valid": False})
        return Response({"valid": True})


def _test_user(role: str) -> Any:
    principal = test_principal(role)
    names = {"firstName": "Test", "lastName": str(principal.claims["lastName"])}
    return {"id": principal.user_id, "email": principal.email, **names, "roles": list(principal.roles)}


class TestModeStatus(ContractView):
    """Whether test mode is on."""

    access = {"get": public()}

    def get(self, request: Request) -> Response:
        """Answer the state and, when on, the test identities."""
        users = [_test_user(role) for role in TEST_ROLES] if settings.TEST_MODE else []
        data = {"enabled": settings.TEST_MODE, "testUsers": users}
        return Response({"success": True, "message": "Test mode status retrieved", "data": data})


# The front end's test page sends words such as "Acquisition Rep" (auth-rules §12).
_ROLE_WORDS = {"acqui": "acquisitions", "dispos": "dispositions", "admin": "admin"}


class TestModeLogin(ContractView):
    """A token for a test identity, chosen by query or by the front end's body."""

    access = {"post": public()}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer token and identity. 400 when test mode is off or the identity unknown."""
        if not settings.TEST_MODE:
            raise BadRequest("Test mode is not enabled")
        user = _test_user(self._chosen_role(request))
        person: PersonDocument = user | {"_id": user["id"], "tenantId": test_principal(user["roles"][0]).tenant_id}
        token = access_token(person, None, isTestUser=True)
        shown = {**user, "isTestUser": True}
        data = {"token": token, "user": shown}
        above = {"token": token, "user": {**shown, "role": user["roles"][0], "status": "active"}}
        return Response({"success": True, "message": "Test login successful", "data": data, **above})

    def _chosen_role(self, request: Request) -> str:
        role, email = request.query_params.get("role"), request.query_params.get("email")
        body = request.data if isinstance(request.data, dict) else {}
        if role:
            return role.lower() if role.lower() in TEST_ROLES else "admin"
        if email:
            found = {f"{known}@test.dealcycle.com": known for known in TEST_ROLES}.get(email)
            if found is None:
                raise BadRequest("Invalid test user credentials")
            return found
        if body.get("role") is None:
            return str(settings.TEST_DEFAULT_ROLE)
        word = str(body["role"]).lower()
        for part, known in _ROLE_WORDS.items():
            if part in word:
                return known
        raise BadRequest("Invalid test user credentials")
