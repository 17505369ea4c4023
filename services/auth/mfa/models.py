"""Second factors: one per person, in the old system's collection."""

from core.documents.models import TenantDocumentModel, shows
from services.auth.directory.documents import FactorDocument
from services.auth.directory.models import MFAS


@shows(MFAS, FactorDocument, "userId isEnabled isVerified verifiedAt lastUsedAt failedAttempts lockedUntil")
class SecondFactor(TenantDocumentModel):
    """A person's second factor; secret and codes are shown nowhere."""

    def __str__(self) -> str:
        return str(self.user_id)
