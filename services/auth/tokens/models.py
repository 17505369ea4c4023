"""Signing keys of access tokens, and which kind of token is signed."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.models import DocumentModel, shows
from services.auth.tokens.documents import IssuerDocument, SigningKeyDocument

SIGNING_KEYS = PlainCollection[SigningKeyDocument]("signingkeys", service="auth")
ISSUERS = PlainCollection[IssuerDocument]("tokenissuers", service="auth")


@shows(SIGNING_KEYS, SigningKeyDocument, "public signsFrom retiredAt")
class SigningKey(DocumentModel):
    """A key pair; the private half is encrypted."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=40)
    updated_at = None

    def __str__(self) -> str:
        return str(self.pk)
