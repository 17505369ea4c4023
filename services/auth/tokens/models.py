"""Signing keys of access tokens, and which kind of token is signed."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.models import DocumentModel
from services.auth.tokens.documents import IssuerDocument, SigningKeyDocument

SIGNING_KEYS = PlainCollection[SigningKeyDocument]("signingkeys", service="auth")
ISSUERS = PlainCollection[IssuerDocument]("tokenissuers", service="auth")


class SigningKey(DocumentModel):
    """A key pair; the private half is encrypted."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=32)
    public = AnyField()
    signs_from = models.DateTimeField(db_column="signsFrom")
    retired_at = models.DateTimeField(db_column="retiredAt", null=True)
    updated_at = None

    class Meta(DocumentModel.Meta):
        db_table = "signingkeys"

    def __str__(self) -> str:
        return str(self.pk)
