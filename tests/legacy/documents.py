"""Documents in Mongoose's manner: `__v`, timestamps, defaults, references as ObjectIds. No `rev`, no events, no keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]
_HEX = re.compile("[0-9a-fA-F]{24}")


def opened(uri: str, name: str) -> Database[Document]:
    """Return the database `name`."""
    client: MongoClient[Document] = MongoClient(uri, tz_aware=True, w="majority", serverSelectionTimeoutMS=5_000)
    return client[name]


def now() -> datetime:
    """Return this moment as BSON keeps it, in milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def reference(value: Any) -> Any:
    """Return an id as Mongoose stores it: an ObjectId when it looks like one, else as it came."""
    return ObjectId(value) if isinstance(value, str) and _HEX.fullmatch(value) else value


def either(value: Any) -> Document:
    """Return a filter of a reference in whichever form it was stored."""
    return {"$in": [str(value), reference(str(value))]}


@dataclass(frozen=True)
class Model:
    """A Mongoose model with timestamps. dates: paths that are cast; references: paths that become ObjectIds."""

    collection: Collection[Document]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def create(self, fields: Document) -> Document:
        """Store and return a new document."""
        moment = now()
        made = {name: list(value) if isinstance(value, list) else value for name, value in self.defaults.items()}
        document = {"_id": ObjectId(), **made, **self._cast(fields), "createdAt": moment, "updatedAt": moment, "__v": 0}
        self.collection.insert_one(document)
        return document

    def update(self, query: Document, changes: Document, push: Document | None = None) -> Document | None:
        """As `findOneAndUpdate(..., {new: true})`: it raises `updatedAt`, but neither `__v` nor anything of ours."""
        update: Document = {"$set": {**self._cast(changes), "updatedAt": now()}}
        if push:
            update["$push"] = push
        return self.collection.find_one_and_update(query, update, return_document=ReturnDocument.AFTER)

    def _cast(self, fields: Document) -> Document:
        cast = dict(fields)
        for name in self.dates:
            if isinstance(cast.get(name), str):
                cast[name] = datetime.fromisoformat(cast[name])
        for name in self.references:
            if name in cast:
                cast[name] = reference(cast[name])
        return cast
