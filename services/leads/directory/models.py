"""People, as leads shows them: a copy of what users owns."""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.leads.directory.documents import PersonDocument

PEOPLE = Collection[PersonDocument](
    "leadsdirectory",
    service="leads",
    tenant="text",
    indexes=(index("tenantId", "name"),),
)


class Person(TenantDocumentModel):
    """A user to whom leads can be assigned."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=24)
    name = models.CharField(max_length=101)
    email = models.CharField(max_length=254)
    status = models.CharField(max_length=20)
    roles = AnyField()
    version = AnyField()
    created_at = None
    updated_at = None

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadsdirectory"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name
