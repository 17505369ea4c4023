"""Sessions: one per login, with the digest of its refresh token."""

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(SESSIONS, SessionDocument, "userId ipAddress userAgent isActive lastActivity expiresAt terminationReason")
class Session(TenantDocumentModel):
    """A login and what became of it."""

    def __str__(self) -> str:
        return str(self.pk)
