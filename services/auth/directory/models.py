"""People, as auth needs them to log them in: a copy of what users owns."""

from django.db import models

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.auth.directory.documents import FactorDocument, PersonDocument

# The directory is read before there is a caller, so it belongs to no tenant in the sense of scopes.
PEOPLE = PlainCollection[PersonDocument](
    "authdirectory",
    service="auth",
    indexes=(
        index("emailKey", unique=True),
        index("tenantId", "email", name="tenant_email"),
        index("googleId", unique=True, partialFilterExpression={"googleId": {"$type": "string"}}),
    ),
)
# People's second factors (services.auth.mfa): here, because whatever proves an address ends those of a stranger.
MFAS = PlainCollection[FactorDocument](
    "mfas",
    service="auth",
    indexes=(
        # The old system never wrote one (its module was not loaded), so one per person is no trap.
        index("userId", unique=True),
        index("tenantId", "isEnabled"),
    ),
)


class Person(TenantDocumentModel):
    """A user who may log in."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=24)
    email = models.CharField(max_length=254)
    first_name = models.CharField(db_column="firstName", max_length=50)
    last_name = models.CharField(db_column="lastName", max_length=50)
    status = models.CharField(max_length=20)
    roles = AnyField()
    version = AnyField()

    class Meta(TenantDocumentModel.Meta):
        db_table = "authdirectory"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.email
