"""Public routes of invitations."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.checks import is_text
from core.api.fields import ContractField
from core.api.permissions import public
from core.api.validation import Body
from core.api.views import ContractView
from core.documents.shapes import part_of
from services.auth.audit.actions import origin_of
from services.auth.invitations.actions import accept
from services.auth.invitations.queries import open_invitation
from services.auth.passwords.limits import count_token
from services.auth.tokens.rendering import present


def _name(words: str) -> ContractField:
    def holds(value: object) -> bool:
        return isinstance(value, str) and 1 <= len(value.strip()) <= 50

    length = (lambda value: not is_text(value) or holds(value), f"{words} must be between 1 and 50 characters")
    return ContractField([(is_text, f"{words} must be a string")], limits=[length])


class AcceptBody(Body):
    """The token of the mail, and who the invited person is."""

    token = ContractField([(is_text, "Token must be a string")])
    firstName = _name("First name")  # noqa: N815 - wire name
    lastName = _name("Last name")  # noqa: N815
    password = ContractField([(is_text, "Password must be a string")])


class AcceptInvitation(ContractView):
    """Create an account from an invitation."""

    access = {"post": public()}
    bodies = {"post": AcceptBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer the account; no token: the person logs in afterwards. 400 for a token that opens nothing or a bad
        password, 409 when the address has an account."""
        body, origin = self.validated_body(), origin_of(request)
        count_token(origin)
        person = accept(body, origin)
        user = {"id": person["_id"], **part_of(person, ("email", "firstName", "lastName", "status", "roles"))}
        return Response({"message": "Invitation accepted and account created successfully", "user": user})


class ValidateInvitation(ContractView):
    """Whether an invitation can be accepted."""

    access = {"get": public()}

    def get(self, request: Request, token: str) -> Response:
        """Answer 200 either way."""
        count_token(origin_of(request))
        invitation = open_invitation(token)
        if invitation is None:
            return Response({"valid": False, "message": "Invalid or expired invitation token"})
        shown = present({name: invitation.get(name) for name in ("email", "expiresAt", "roles", "message")})
        return Response({"valid": True, "invitation": shown})
