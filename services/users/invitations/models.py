"""Invitations: the old system's collection. `token` holds the SHA-256 of the mailed token."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class Invitation(TenantDocumentModel):
    """An invitation of a person into a tenant; the token's digest is not shown."""

    email = models.CharField(max_length=254)
    status = models.CharField(max_length=20)
    roles = AnyField()
    invited_by = AnyField(db_column="invitedBy")
    expires_at = models.DateTimeField(db_column="expiresAt")
    accepted_at = models.DateTimeField(db_column="acceptedAt", null=True)
    message = models.TextField(null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "userinvitations"

    def __str__(self) -> str:
        return str(self.email)
