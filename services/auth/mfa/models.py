"""Second factors: one per person, in the old system's collection."""

from django.db import models

from core.documents.fields import AnyField
from core.documents.models import TenantDocumentModel


class SecondFactor(TenantDocumentModel):
    """A person's second factor; secret and codes are shown nowhere."""

    user_id = AnyField(db_column="userId")
    is_enabled = models.BooleanField(db_column="isEnabled")
    is_verified = models.BooleanField(db_column="isVerified")
    verified_at = models.DateTimeField(db_column="verifiedAt", null=True)
    last_used_at = models.DateTimeField(db_column="lastUsedAt", null=True)
    failed_attempts = models.IntegerField(db_column="failedAttempts")
    locked_until = models.DateTimeField(db_column="lockedUntil", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "mfas"

    def __str__(self) -> str:
        return str(self.user_id)
