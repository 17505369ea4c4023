"""What auth stores of invitations."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Copied


class OpenInvitationDocument(Copied, total=False):
    """A copy of an invitation, with the digest of its token."""

    email: str
    tokenDigest: str
    status: str
    roles: list[str]
    expiresAt: datetime
    invitedBy: str
    message: str | None


class Acceptance(TypedDict):
    """The body that accepts an invitation."""

    token: str
    password: str
    firstName: str
    lastName: str
