"""Models of documents: what the admin shows of a collection. What the API does goes through `core.documents.collection`
(docs/architecture.md, "Data")."""

import re
from collections.abc import Callable
from datetime import datetime
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_args, get_type_hints

from django.db import models
from django_mongodb_backend.fields import ObjectIdAutoField
from django_mongodb_backend.managers import MongoManager

from core.documents.collection import Declared
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

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return a member that `shows` names."""

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


class CopyModel(TenantDocumentModel):
    """A document with an id that is text, such as a copy of another service's entity."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=40)

    class Meta:
        abstract = True
        managed = False


M = TypeVar("M", bound=DocumentModel)


def shows(collection: Declared, document: type, members: str) -> Callable[[type[M]], type[M]]:
    """Make a model show `members` (names in a TypedDict, separated by spaces) of the documents of `collection`: `leadId` is its
    field lead_id, of the type that `document` says. What is not named is not read, as secrets should not be."""

    def decorate(model: type[M]) -> type[M]:
        model._meta.db_table = collection.name
        kinds = get_type_hints(document)
        for member in members.split():
            name = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", member)
            model.add_to_class(name, _field(kinds[member])(db_column=member))  # type: ignore[attr-defined]
        return model

    return decorate


def _field(kind: object) -> type[models.Field]:
    """Return the class of a field for a member that is a text, a time, or true or false; any other value is shown as it is."""
    known: dict[object, type[models.Field]] = {
        str: models.TextField,
        datetime: models.DateTimeField,
        bool: models.BooleanField,
    }
    kinds = [one for one in get_args(kind) if one is not type(None)] if isinstance(kind, UnionType) else [kind]
    return known.get(kinds[0], AnyField) if len(kinds) == 1 else AnyField
