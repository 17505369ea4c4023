"""What users stores of invitations."""

from datetime import datetime

from core.documents.shapes import Belonging, Reference


class InvitationDocument(Belonging, total=False):
    """An invitation of a person into a tenant; `token` is the digest of the mailed one."""

    email: str
    token: str
    invitedBy: Reference | None
    status: str
    expiresAt: datetime
    roles: list[str]
    message: str
    ipAddress: str
    userAgent: str
    acceptedAt: datetime
    acceptedBy: Reference | None
