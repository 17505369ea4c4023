"""Credentials: the password hash of a person and the state of the address."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import DocumentModel
from services.auth.passwords.documents import CredentialDocument, ResetTokenDocument

CREDENTIALS = PlainCollection[CredentialDocument](
    "credentials",
    service="auth",
    indexes=(
        index("verificationToken", sparse=True),
        index("email"),
        index("newEmail.token", sparse=True),
    ),
)
RESET_TOKENS = PlainCollection[ResetTokenDocument](
    "passwordresettokens",
    service="auth",
    indexes=(
        index("token", unique=True),
        index("userId", "usedAt"),
        # A day longer than a token lives, so that answers can distinguish "used" and "unknown". (The old
        # system had a plain index here.)
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=86_400),
    ),
)


class Credential(DocumentModel):
    """How a person logs in. The hash is not shown anywhere."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=24)
    email = models.CharField(max_length=254)
    password_changed_at = models.DateTimeField(db_column="passwordChangedAt", null=True)
    email_verified_at = models.DateTimeField(db_column="emailVerifiedAt", null=True)
    last_login_at = models.DateTimeField(db_column="lastLoginAt", null=True)

    class Meta(DocumentModel.Meta):
        db_table = "credentials"

    def __str__(self) -> str:
        return self.email
