"""Credentials: the password hash of a person and the state of the address."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import DocumentModel, shows
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


@shows(CREDENTIALS, CredentialDocument, "email passwordChangedAt emailVerifiedAt lastLoginAt")
class Credential(DocumentModel):
    """How a person logs in. The hash is not shown anywhere."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=40)

    def __str__(self) -> str:
        return self.email
