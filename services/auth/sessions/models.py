"""Sessions: one per login, with the digest of its refresh token."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.auth.sessions.documents import SessionDocument

# Sessions belong to people, some of whom have no tenant: queries name the person.
SESSIONS = PlainCollection[SessionDocument](
    "sessions",
    service="auth",
    indexes=(
        index("sessionToken", unique=True),
        index("spentTokens"),
        index("userId", "isActive", "-lastActivity", name="own"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)


class Session(TenantDocumentModel):
    """A login and what became of it."""

    user_id = AnyField(db_column="userId")
    ip_address = models.CharField(db_column="ipAddress", max_length=45)
    user_agent = models.CharField(db_column="userAgent", max_length=300)
    is_active = models.BooleanField(db_column="isActive")
    last_activity = models.DateTimeField(db_column="lastActivity")
    expires_at = models.DateTimeField(db_column="expiresAt")
    termination_reason = models.CharField(db_column="terminationReason", max_length=60, null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "sessions"

    def __str__(self) -> str:
        return str(self.pk)
