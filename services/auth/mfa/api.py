"""The caller's own second factor."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Text
from core.api.permissions import signed_in
from core.api.validation import Body
from core.api.views import ContractView
from core.errors import BadRequest
from services.auth.audit.actions import Origin, origin_of
from services.auth.mfa import actions
from services.auth.passwords.actions import is_password
from services.auth.passwords.rules import MAX_LENGTH


class Setup(ContractView):
    """Begin with a second factor."""

    access = {"post": signed_in()}

    def post(self, request: Request) -> Response:
        """Answer secret, its QR code as an image, and backup codes in clear, once. 400 when a second factor is on."""
        made = actions.set_up(self.principal.user_id)
        secret = {"secret": made["secret"], "secretKey": made["secret"]}
        return Response({**secret, "qrCodeUrl": made["image"], "backupCodes": made["codes"]}, status=201)


class VerifyBody(Body):
    """A code; the front end sends the secret along, which is ignored."""

    code = Text(not_empty=True, max_length=20)
    secretKey = Text(required=False, max_length=200)  # noqa: N815 - wire name


class Verify(ContractView):
    """Check a code."""

    access = {"post": signed_in()}
    bodies = {"post": VerifyBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """Answer whether it is good; the first good one switches the second factor on, a wrong one until then is 400."""
        code = self.validated_body()["code"]
        return Response({"valid": actions.check_code(self.principal.user_id, code, origin_of(request))})


class DisableBody(Body):
    """What proves that the owner asks."""

    code = Text(required=False, max_length=20)
    password = Text(required=False, max_length=MAX_LENGTH)


class Disable(ContractView):
    """Remove the second factor."""

    access = {"post": signed_in()}
    bodies = {"post": DisableBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """End all other sessions. 400 without a current code or the password."""
        user_id, origin = self.principal.user_id, origin_of(request)
        if actions.has_second_factor(user_id) and not self._is_proven(origin):
            raise BadRequest("A current code or the password is required")
        actions.switch_off(user_id, origin, keep_session=self.principal.session_id)
        return Response({"message": "MFA disabled successfully"})

    def _is_proven(self, origin: Origin) -> bool:
        body, user_id = self.validated_body(), self.principal.user_id
        if body.get("code"):
            return actions.check_code(user_id, body["code"], origin)
        return bool(body.get("password")) and is_password(user_id, body["password"])
