"""People, as auth needs them to log them in: a copy of what users owns."""

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import CopyModel, shows
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


@shows(PEOPLE, PersonDocument, "email firstName lastName status roles version")
class Person(CopyModel):
    """A user who may log in."""

    class Meta(CopyModel.Meta):
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.email
