"""Changes that the old system made, as MongoDB's change stream tells them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from bson import Timestamp

from core.documents.collection import now

Members = dict[str, object]

INSERT, UPDATE, REPLACE, DELETE, WALK = "insert", "update", "replace", "delete", "walk"
# Mongoose raises them beside whatever it changes.
_STAMPS = frozenset({"updatedAt", "__v"})


class Description(TypedDict, total=False):
    """What an update touched, by paths."""

    updatedFields: Members
    removedFields: list[str]
    truncatedArrays: list[dict[str, str]]


class Told(TypedDict, total=False):
    """An event of a change stream, as far as it is used here."""

    _id: Members
    operationType: str
    ns: dict[str, str]
    documentKey: Members
    fullDocumentBeforeChange: Members | None
    updateDescription: Description
    clusterTime: Timestamp
    wallTime: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one document. before: as it was, when MongoDB still knows (pre-images); members: those that an update touched,
    None for all; progress: what to note of the bridge (`$set`) once the change is settled."""

    collection: str
    key: object
    kind: str
    progress: Mapping[str, object]
    at: datetime
    before: Members | None = None
    members: frozenset[str] | None = None

    def is_quiet(self, quiet: Iterable[str]) -> bool:
        """Whether it touched nothing but `quiet` members."""
        return self.members is not None and self.members <= _STAMPS.union(quiet)


def theirs(names: Iterable[str]) -> list[Members]:
    """Return the pipeline of a database's change stream that lets pass what the old system did to the collections `names`.

    All of our writes raise `rev`, and none replaces a document or deletes one of these collections (docs/decisions)."""
    unmarked = {"$exists": False}
    ways: list[Members] = [
        {"operationType": {"$in": [REPLACE, DELETE]}},
        {"operationType": INSERT, "fullDocument.rev": unmarked},
        {"operationType": UPDATE, "updateDescription.updatedFields.rev": unmarked},
    ]
    # Read anew in the transaction: what it was then may be old.
    return [{"$match": {"ns.coll": {"$in": [*names]}, "$or": ways}}, {"$unset": "fullDocument"}]


def told(event: Told) -> Change:
    """Return the change that an event of the stream tells."""
    at = event.get("wallTime") or event["clusterTime"].as_datetime()
    return Change(
        collection=event["ns"]["coll"],
        key=event["documentKey"]["_id"],
        kind=event["operationType"],
        progress={"resume": event["_id"], "at": at},
        at=at,
        before=event.get("fullDocumentBeforeChange"),
        members=_touched(event["updateDescription"]) if event["operationType"] == UPDATE else None,
    )


def walked(collection: str, key: object, done: int) -> Change:
    """Return what a walk through `collection` does about its document number `done`: as if it had just been changed."""
    walk = f"walks.{collection}"
    return Change(collection, key, WALK, {f"{walk}.after": key, f"{walk}.done": done}, now())


def _touched(description: Description) -> frozenset[str]:
    paths = [*description.get("updatedFields", ()), *description.get("removedFields", ())]
    paths += [array["field"] for array in description.get("truncatedArrays", ())]
    return frozenset(path.partition(".")[0] for path in paths)
