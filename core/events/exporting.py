"""Exports of an owner's entities, page by page in the order of ids, in the shape of its events."""

from collections.abc import Callable
from typing import Any

import msgspec

from core.api.validation import MongoId, Number, Query
from core.documents.collection import Collection
from core.documents.database import Document
from core.documents.ids import object_id, text_id
from core.events.payloads import Payload


class ExportQuery(Query):
    """Where the page starts and how long it is."""

    after = MongoId(required=False)
    limit = Number(1, 1000, whole=True, default=500)


def exported_page(
    collection: Collection, snapshot: Callable[[Document], Payload], *, after: str | None, limit: int
) -> dict[str, Any]:
    """Return `{items: [{entityId, version, tenantId, payload}], next}`; `next` is null on the last page."""
    query = {"_id": {"$gt": object_id(after)}} if after else {}
    found = list(collection.raw().find(query).sort("_id", 1).limit(limit))
    items = [
        {
            "entityId": str(document["_id"]),
            "version": document.get("rev", 0),
            "tenantId": text_id(document.get("tenantId")),
            "payload": msgspec.to_builtins(snapshot(document)),
        }
        for document in found
    ]
    return {"items": items, "next": items[-1]["entityId"] if len(found) == limit else None}
