"""Keeping a copy of another service's entities: newer revisions win, deletions stay as tombstones."""

from pymongo.collection import Collection as MongoCollection
from pymongo.errors import DuplicateKeyError

from core.documents.collection import Collection, now
from core.documents.copies import is_wanted
from core.documents.database import Document
from core.documents.transactions import current_session


def upsert_newer(collection: Collection, entity_id: str, version: int, fields: Document) -> Document | None:
    """Store `fields` for the entity unless its copy is as new already.

    Returns the copy as it was before ({} when there was none), or None when the event was older and nothing changed.
    """
    raw: MongoCollection[Document] = collection.raw()
    session = current_session(collection.service)
    before = raw.find_one({"_id": entity_id}, session=session)
    if not is_wanted(before, version, fields, collection.name):
        return None
    stored = {**fields, "version": version, "projectedAt": now()}
    if before is None:
        raw.insert_one({"_id": entity_id, **stored}, session=session)
        return {}
    condition = {"_id": entity_id, "version": before.get("version")}
    changed = raw.update_one(condition, {"$set": stored}, session=session)
    if not changed.matched_count:
        raise DuplicateKeyError("the copy changed meanwhile")
    return before
