"""Indexes as collections declare them: created where they lack, left alone where the old system already has them, dropped when
no running release needs them any more."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import OperationFailure

Spec = Mapping[str, Any]

# An index is the same when these agree; its name may differ, as the old system named its own.
_IDENTITY = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")
# Instead of the seconds that a request may wait for the database: a large collection takes minutes.
_BUILD_SECONDS = 86_400
_DUPLICATES = 11000
# IndexOptionsConflict and IndexKeySpecsConflict (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml).
_CONFLICTS = {
    85: "another one has these keys, under another name or with other options; declare one of them only",
    86: "another one has this name; name ours differently, and list the other one under `replaces`",
}


class IndexRefused(Exception):
    """MongoDB cannot build an index; the text names collection, index and reason."""


def index(*keys: str | tuple[str, str], **options: Any) -> IndexModel:
    """Return an index over `keys`: "status" ascending, "-createdAt" descending, ("notes", TEXT) as pymongo has it.

    options: those of `pymongo.IndexModel` (name, unique, sparse, partialFilterExpression, expireAfterSeconds)."""
    return IndexModel([_key(key) for key in keys], **options)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Indexes of ours that `release` replaces by better ones. The release before it needs them, so they go with the first
    preparation that finds `release` or a later one running."""

    release: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lifted:
    """The old system's unique index over exactly `keys`, whatever its name: it refuses what is allowed now, so it goes at once.
    Indexes that hold for a part of the documents only are ours and stay."""

    keys: tuple[str, ...]


def ensure_indexes(collection: MongoCollection[Any], indexes: Sequence[IndexModel]) -> list[str]:
    """Create those of `indexes` that `collection` lacks and return their names. Raises IndexRefused, with a sentence for each
    that cannot be built, once all others are.

    An index with the same keys but other options (the old system's plain index where we need a unique one) is kept and
    ours is created beside it when MongoDB allows that (partial ones); otherwise it is replaced by ours.
    """
    existing = list(collection.list_indexes())
    created, refused = list[str](), list[str]()
    for made in indexes:
        if _lacks(existing, made):
            try:
                _build(collection, existing, made)
            except IndexRefused as error:
                refused.append(str(error))
            else:
                created.append(made.document["name"])
    if refused:
        raise IndexRefused("\n".join(refused))
    return created


def drop_indexes(
    collection: MongoCollection[Any], replaces: Sequence[Replaced | Lifted], running: str | None
) -> list[str]:
    """Drop what nothing needs any more and return the names. running: the release that works on this database until the one
    that prepares it takes over; None = unknown, or none."""
    wanted = [
        spec["name"] for spec in collection.list_indexes() if any(_is_over(spec, gone, running) for gone in replaces)
    ]
    for name in wanted:
        collection.drop_index(name)
    return wanted


def _key(key: str | tuple[str, str]) -> tuple[str, Any]:
    if isinstance(key, tuple):
        return key
    return (key[1:], DESCENDING) if key.startswith("-") else (key, ASCENDING)


def _is_over(spec: Spec, gone: Replaced | Lifted, running: str | None) -> bool:
    if isinstance(gone, Lifted):
        return bool(tuple(spec["key"]) == gone.keys and spec.get("unique") and not spec.get("partialFilterExpression"))
    return spec["name"] in gone.names and running is not None and _numbers(running) >= _numbers(gone.release)


def _numbers(release: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", release)[:3]]


def _lacks(existing: Sequence[Spec], made: IndexModel) -> bool:
    wanted = made.document
    if _is_text(wanted):
        # A collection has one text index at most; the old system's serves as well.
        return not any(_is_text(spec) for spec in existing)
    return all(_keys(spec) != _keys(wanted) or _options(spec) != _options(wanted) for spec in existing)


def _build(collection: MongoCollection[Any], existing: Sequence[Spec], made: IndexModel) -> None:
    stands = _in_the_way(existing, made)
    if stands:
        collection.drop_index(stands["name"])
    try:
        with pymongo.timeout(_BUILD_SECONDS):
            collection.create_indexes([made])
    except OperationFailure as error:
        if stands:
            collection.create_indexes([again(stands)])
        reason = _reason(collection, made.document, error)
        raise IndexRefused(f"Index {made.document['name']} of {collection.name} cannot be built: {reason}") from error


def _in_the_way(existing: Sequence[Spec], made: IndexModel) -> Spec | None:
    if made.document.get("partialFilterExpression"):
        return None
    same = [spec for spec in existing if _keys(spec) == _keys(made.document)]
    return next((spec for spec in same if not spec.get("partialFilterExpression")), None)


def again(spec: Spec) -> IndexModel:
    """Return an index that is there, as `list_indexes` told it, to be made again."""
    options = {name: value for name, value in spec.items() if name not in ("key", "v", "ns")}
    return IndexModel(list(spec["key"].items()), **options)


def _reason(collection: MongoCollection[Any], wanted: Spec, error: OperationFailure) -> str:
    if error.code == _DUPLICATES:
        # Named by their ids: values may be addresses of people, and this text goes into logs.
        clash = {**wanted.get("partialFilterExpression", {}), **((error.details or {}).get("keyValue") or {})}
        ids = [str(found["_id"]) for found in collection.find(clash, {"_id": 1}).limit(2)]
        return f"the documents {' and '.join(ids)} have the same {', '.join(wanted['key'])}"
    if error.code in _CONFLICTS:
        return _CONFLICTS[error.code]
    return str((error.details or {}).get("errmsg", error))[:300]


def _is_text(spec: Spec) -> bool:
    return "text" in dict(spec["key"]).values()


def _keys(spec: Spec) -> list[tuple[str, Any]]:
    return list(spec["key"].items())


def _options(spec: Spec) -> dict[str, Any]:
    return {
        name: dict(spec[name]) if isinstance(spec[name], dict) else spec[name]
        for name in _IDENTITY
        # A document may expire after 0 seconds.
        if spec.get(name) is not None and spec[name] is not False
    }
