"""The route with which a new e-mail address is confirmed."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Text
from core.api.permissions import public
from core.api.validation import Body
from core.api.views import ContractView
from services.auth.addresses import actions
from services.auth.audit.actions import origin_of
from services.auth.passwords.limits import count_token
from services.auth.passwords.rules import MAX_LENGTH


class ConfirmEmailBody(Body):
    """The token of the mail and what proves, as at a login, that its person confirms."""

    token = Text(not_empty=True, max_length=200)
    password = Text(not_empty=True, max_length=MAX_LENGTH)
    code = Text(required=False, max_length=20)


class ConfirmEmail(ContractView):
    """Confirm a new e-mail address."""

    access = {"post": public()}
    bodies = {"post": ConfirmEmailBody}
    statuses = {"post": 200}

    def post(self, request: Request) -> Response:
        """400 for a token that opens nothing and for a wrong password, 401 when the code of the second factor is needed."""
        body, origin = self.validated_body(), origin_of(request)
        count_token(origin)
        actions.confirm(body["token"], body["password"], body.get("code"), origin)
        return Response({"message": "E-mail address changed successfully. Please log in again."})
