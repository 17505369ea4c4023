"""Base classes of document models. They describe collections for the admin, choices and migrations; what the API does
goes through `core.documents.collection` (docs/architecture.md, "Data")."""

from typing import Any, ClassVar

from django.db import models
from django_mongodb_backend.fields import ObjectIdAutoField
from django_mongodb_backend.managers import MongoManager

from core.documents.fields import AnyField
from core.documents.ids import either_form
from core.documents.scope import UnscopedQuery, active_scope


class TenantManager(MongoManager):
    """A manager that refuses to query without an active tenant scope (`core.documents.scope.activate`)."""

    def get_queryset(self) -> Any:
        """Return the documents of the active scope. Raises UnscopedQuery when there is none."""
        scope = active_scope()
        if scope is None:
            raise UnscopedQuery(f"{self.model.__name__} was queried without a tenant scope")
        queryset = super().get_queryset()
        if scope.everywhere:
            return queryset
        if scope.tenant_id is None:
            return queryset.none()
        stored = either_form(scope.tenant_id)
        values = stored["$in"] if isinstance(stored, dict) else [stored]
        return queryset.filter(tenant_id__in=values)


class DocumentModel(models.Model):
    """A document with an ObjectId and the old system's timestamps. Saved only through actions, never by `save()`."""

    id = ObjectIdAutoField(primary_key=True, db_column="_id")
    created_at = models.DateTimeField(db_column="createdAt", null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(db_column="updatedAt", null=True, blank=True, editable=False)

    objects: ClassVar[Any] = MongoManager()

    class Meta:
        abstract = True
        managed = False

    def save(self, *args: object, **kwargs: object) -> None:
        """Refuse: DMB's save loses unknown nested fields (docs/decisions); admin classes call actions instead."""
        raise NotImplementedError("documents are written by actions, not by save()")

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        """Refuse, as `save` does."""
        raise NotImplementedError("documents are deleted by actions, not by delete()")


class TenantDocumentModel(DocumentModel):
    """A document that belongs to a tenant."""

    tenant_id = AnyField(db_column="tenantId")

    objects: ClassVar[Any] = TenantManager()

    class Meta:
        abstract = True
        managed = False
