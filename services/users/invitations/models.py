"""Invitations: the old system's collection. `token` holds the SHA-256 of the mailed token."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from services.users.invitations.documents import InvitationDocument

INVITATIONS = Collection[InvitationDocument](
    "userinvitations",
    service="users",
    tenant="objectid",
    indexes=(
        index("token", unique=True),
        index("tenantId", "email", name="one_pending", unique=True, partialFilterExpression={"status": "pending"}),
        index("tenantId", "status", "-createdAt"),
        index("tenantId", "-createdAt"),
    ),
)


@shows(INVITATIONS, InvitationDocument, "email status roles invitedBy expiresAt acceptedAt message")
class Invitation(TenantDocumentModel):
    """An invitation of a person into a tenant; the token's digest is not shown."""

    def __str__(self) -> str:
        return str(self.email)
