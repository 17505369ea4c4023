"""Bodies of registration, login and password change."""

from core.api.validation import Body, Email, Text
from services.auth.passwords.rules import MAX_LENGTH, PASSWORD_CHECKS


def _name() -> Text:
    return Text(not_empty=True, max_length=50, trim=True)


class RegisterBody(Body):
    """Who opens an account. Role, tenant and status are not the caller's to choose."""

    email = Email()
    password = Text(*PASSWORD_CHECKS)
    firstName = _name()  # noqa: N815 - wire name
    lastName = _name()  # noqa: N815
    companyName = Text(max_length=200, trim=True, default="")  # noqa: N815


class LoginBody(Body):
    """Credentials. A later client says identifier for email."""

    email = Text(required=False, max_length=254)
    identifier = Text(required=False, max_length=254)
    password = Text(not_empty=True, max_length=MAX_LENGTH)
    code = Text(required=False, max_length=20)


class ChangePasswordBody(Body):
    """The current password and the new one."""

    currentPassword = Text(not_empty=True, max_length=MAX_LENGTH)  # noqa: N815
    newPassword = Text(*PASSWORD_CHECKS)  # noqa: N815


class VerifyEmailBody(Body):
    """The token of the verification mail."""

    token = Text(not_empty=True, max_length=200)
