"""Invitations, as auth needs them to create accounts: a copy of what the service users owns."""

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import CopyModel, shows
from services.auth.invitations.documents import OpenInvitationDocument

# A user who accepts an invitation has no tenant yet.
INVITATIONS = PlainCollection[OpenInvitationDocument](
    "authinvitations",
    service="auth",
    indexes=(
        index("tokenDigest", unique=True),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=30 * 86_400),
    ),
)


@shows(INVITATIONS, OpenInvitationDocument, "email status roles expiresAt")
class OpenInvitation(CopyModel):
    """An invitation; its token is not here, only the token's digest."""

    def __str__(self) -> str:
        return str(self.email)
