"""Documents and ids in batches of a bounded size, as they are stored."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection as MongoCollection

BATCH = 1_000


def batches(
    collection: MongoCollection[RawBSONDocument], shown: Mapping[str, int] | None = None
) -> Iterator[list[RawBSONDocument]]:
    """Yield all documents by their ids, with the members `shown` or all."""
    found = collection.find({}, shown, batch_size=BATCH).hint([("_id", 1)])
    while batch := list(islice(found, BATCH)):
        yield batch


def chunks(ids: Iterable[object]) -> Iterator[list[object]]:
    """Yield the ids in lists of a bounded length."""
    left = iter(ids)
    while chunk := list(islice(left, BATCH)):
        yield chunk
