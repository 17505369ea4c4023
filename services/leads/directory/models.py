"""People, as leads shows them: a copy of what users owns."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import CopyModel, shows
from services.leads.directory.documents import PersonDocument

PEOPLE = Collection[PersonDocument](
    "leadsdirectory",
    service="leads",
    tenant="text",
    indexes=(index("tenantId", "name"),),
)


@shows(PEOPLE, PersonDocument, "name email status roles version")
class Person(CopyModel):
    """A user to whom leads can be assigned."""

    created_at = None
    updated_at = None

    class Meta(CopyModel.Meta):
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name
