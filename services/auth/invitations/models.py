"""Invitations, as auth needs them to create accounts: a copy of what the service users owns."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
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


class OpenInvitation(TenantDocumentModel):
    """An invitation; its token is not here, only the token's digest."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=24)
    email = models.CharField(max_length=254)
    status = models.CharField(max_length=20)
    roles = AnyField()
    expires_at = models.DateTimeField(db_column="expiresAt")

    class Meta(TenantDocumentModel.Meta):
        db_table = "authinvitations"

    def __str__(self) -> str:
        return str(self.email)
