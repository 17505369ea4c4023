"""What moves with a service, and the fence around the place that it left (core.documents.moving)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

# Names of a collection while it is copied, and once it is left.
STAGED, MOVED = "moving.", "moved."
_EXISTS, _ON_VIEW, _NO_NAMESPACE = 48, 166, 26

Raw = Database[RawBSONDocument]


@dataclass(frozen=True, slots=True)
class Part:
    """A collection that moves. member: the one that names the service in a collection that services share, None in their own."""

    name: str
    member: str | None = None
    shared: bool = False

    def staged(self) -> str:
        """The name under which it is copied."""
        return self.name if self.shared else STAGED + self.name

    def mine(self, service: str) -> Mapping[str, object]:
        """The filter of the service's documents."""
        if self.member == "_id":
            return {"_id": {"$regex": f"^{re.escape(service)}:"}}
        return {self.member: service} if self.member else {}


SHARED = (
    Part("outboxevents", "publisher", shared=True),
    Part("inboxevents", "subscriber", shared=True),
    Part("accessentries", shared=True),
    Part("preparations", "_id", shared=True),
)
# Of this one each service that shares a database writes the same documents: the newest wins.
NEWEST = "accessentries"
# Those of the shared ones that only transactions of the service's own data, or of its inbox, write.
FENCED = SHARED[:2]


def fence(source: Raw, own: Sequence[str], service: str) -> None:
    """Let nobody write the service's documents there any more. Can be repeated."""
    together(lambda name: _fence(source, name), own)
    for part in FENCED:
        _validate(source, part, lambda names: sorted({*names, service}))


def _fence(source: Raw, name: str) -> None:
    while True:
        try:
            source[name].rename(MOVED + name)
        except OperationFailure as error:
            if error.code == _ON_VIEW:
                return
            if error.code == _EXISTS:
                _join_strays(source, name)
            elif error.code != _NO_NAMESPACE:
                raise
        try:
            source.command("create", name, viewOn=MOVED + name, pipeline=[])
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise


def unfence(source: Raw, own: Sequence[str], service: str) -> None:
    """Take the fence away, or what a killed command made of it."""
    for name in own:
        if kind_of(source, MOVED + name):
            if kind_of(source, name) == "collection":
                _join_strays(source, name)
            source.drop_collection(name)
            source[MOVED + name].rename(name)
        elif kind_of(source, name) == "view":
            source.drop_collection(name)
    unvalidated(source, service)


def unvalidated(database: Raw, service: str) -> None:
    """Let the service write its documents in shared collections."""
    for part in FENCED:
        _validate(database, part, lambda names: sorted({*names} - {service}))


def _join_strays(source: Raw, name: str) -> None:
    """Take in what was written between the renaming of a collection and its view."""
    for stray in source[name].find():
        source[MOVED + name].replace_one({"_id": stray["_id"]}, stray, upsert=True)
    source.drop_collection(name)


def _validate(database: Raw, part: Part, change: Callable[[Iterable[str]], Sequence[str]]) -> None:
    found = next(database.list_collections(filter={"name": part.name}), None)
    if found is None or part.member is None:
        return
    held = found["options"].get("validator", {}).get(part.member, {}).get("$nin", [])
    names = list(change(held))
    if names != list(held):
        database.command("collMod", part.name, validator={part.member: {"$nin": names}} if names else {})


def kind_of(database: Raw, name: str) -> str | None:
    """Return `collection` or `view`, or None for what is not there."""
    found = next(database.list_collections(filter={"name": name}), None)
    return str(found["type"]) if found else None


def together(work: Callable[[str], None], names: Sequence[str]) -> None:
    """Do the work for all names at once: each waits for the disk by itself."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, names))
