"""Exports of an owner's entities, page by page in the order of ids, in the shape of its events."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
import structlog
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import MongoId, Number
from core.api.permissions import internal
from core.api.rendering import wire_form
from core.api.validation import Query
from core.api.views import InternalView
from core.documents.collection import Declared, T
from core.documents.driver import raw
from core.documents.ids import object_id, text_id
from core.events.payloads import State

log = structlog.get_logger(__name__)

# What others copy of a document, by its collection; of several, the first is the whole entity.
_SNAPSHOTS: dict[str, Callable[..., State]] = {}


class ExportQuery(Query):
    """Where the page starts and how long it is."""

    after = MongoId(required=False)
    limit = Number(1, 1000, whole=True, default=500)


def export_view(collection: Declared[T], snapshot: Callable[[T], State]) -> type[InternalView]:
    """Return the view of an export: all documents of `collection`, deleted ones included, for other services' copies.

    It answers `{items: [{entityId, version, tenantId, payload}], next}`; `next` is null on the last page. A document of the
    old system that cannot be read as such an entity is left out, and logged: it must not keep all others from being copied.
    """

    _SNAPSHOTS.setdefault(collection.name, snapshot)

    class Export(InternalView):
        access = {"get": internal()}
        queries = {"get": ExportQuery}

        def get(self, request: Request) -> Response:
            query = self.validated_query()
            return Response(_page(collection, snapshot, query.get("after"), query["limit"]))

    return Export


def exported(collection: str, document: Mapping[str, object]) -> dict[str, Any] | None:
    """Return what an event tells of a document of `collection`; None when others keep no copies of those."""
    snapshot = _SNAPSHOTS.get(collection)
    return msgspec.to_builtins(snapshot(document)) if snapshot else None


def _page(collection: Declared[T], snapshot: Callable[[T], State], after: str | None, limit: int) -> dict[str, Any]:
    query = {"_id": {"$gt": object_id(after)}} if after else {}
    found = cast(list[T], list(raw(collection).find(query).sort("_id", 1).limit(limit)))
    items = [item for item in (_item(document, snapshot) for document in found) if item]
    last = str(found[-1]["_id"]) if len(found) == limit else None
    return {"items": items, "next": last}


def _item(document: T, snapshot: Callable[[T], State]) -> dict[str, Any] | None:
    try:
        payload = msgspec.to_builtins(snapshot(document), enc_hook=wire_form)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("not_exported", entity_id=str(document["_id"]), error=f"{type(error).__name__}: {error}")
        return None
    version, tenant_id = document.get("rev", 0), text_id(document.get("tenantId"))
    return {"entityId": str(document["_id"]), "version": version, "tenantId": tenant_id, "payload": payload}
