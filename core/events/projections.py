"""Keeping a copy of another service's entities: newer revisions win, deletions stay as tombstones."""

from pymongo.errors import DuplicateKeyError

from core.documents.collection import Declared, now
from core.documents.copies import is_wanted
from core.documents.database import Document
from core.documents.driver import raw
from core.documents.transactions import current_session


def upsert_newer(collection: Declared, entity_id: str, version: int, fields: Document) -> Document | None:
    """Store `fields` for the entity unless its copy is as new already.

    Returns the copy as it was before ({} when there was none), or None when the event was older and nothing changed.
    """
    copies, session = raw(collection), current_session(collection.service)
    before = copies.find_one({"_id": entity_id}, session=session)
    if not is_wanted(before, version, fields, collection.name):
        return None
    stored = {**fields, "version": version, "projectedAt": now()}
    if before is None:
        copies.insert_one({"_id": entity_id, **stored}, session=session)
        return {}
    condition = {"_id": entity_id, "version": before.get("version")}
    changed = copies.update_one(condition, {"$set": stored}, session=session)
    if not changed.matched_count:
        raise DuplicateKeyError("the copy changed meanwhile")
    return before
