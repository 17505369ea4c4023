"""Bodies of registration, address verification, password change and reset."""

from core.api.checks import is_text
from core.api.fields import ContractField, Email, Text
from core.api.validation import Body
from services.auth.passwords.rules import MAX_LENGTH, PASSWORD_CHECKS, PASSWORD_LIMITS


def _name() -> Text:
    return Text(not_empty=True, max_length=50, trim=True)


class RegisterBody(Body):
    """Who opens an account. Role, tenant and status are not the caller's to choose."""

    email = Email()
    password = Text(*PASSWORD_CHECKS, limits=PASSWORD_LIMITS)
    firstName = _name()  # noqa: N815 - wire name
    lastName = _name()  # noqa: N815
    companyName = Text(max_length=200, trim=True, default="")  # noqa: N815


class ChangePasswordBody(Body):
    """The current password and the new one."""

    currentPassword = Text(not_empty=True, max_length=MAX_LENGTH)  # noqa: N815
    newPassword = Text(*PASSWORD_CHECKS, limits=PASSWORD_LIMITS)  # noqa: N815


class VerifyEmailBody(Body):
    """The token of the verification mail."""

    token = Text(not_empty=True, max_length=200)


class ForgotPasswordBody(Body):
    """Whose password is forgotten."""

    email = Email("Please provide a valid email address")


class ResetTokenBody(Body):
    """The token of the reset mail."""

    token = ContractField([(is_text, "Token must be a string")])


class ResetPasswordBody(Body):
    """The token of the reset mail and the new password."""

    token = ContractField([(is_text, "Token must be a string")])
    newPassword = ContractField(  # noqa: N815
        [*PASSWORD_CHECKS, (is_text, "Password must be a string")], limits=PASSWORD_LIMITS
    )
