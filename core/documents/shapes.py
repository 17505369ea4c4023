"""What every stored document has. A collection's own TypedDict, in its app's `documents.py`, adds to one of these.

No member is required: a projection leaves members out, an insert has some filled in, and the old system's documents may lack
any. Documents may hold members that we do not know; they stay.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, TypeVar, cast

from bson import ObjectId

# The id of another document, in whichever form it was stored (`core.documents.ids`).
Reference = ObjectId | str

# Made by calling: in a class body Python would rename `__v`.
_Mongoose = TypedDict("_Mongoose", {"__v": int}, total=False)


class Stamped(_Mongoose, total=False):
    """The stamps that every write leaves."""

    createdAt: datetime
    updatedAt: datetime
    deletedAt: datetime | None
    rev: int


class Stored(Stamped, total=False):
    """A document with an id that MongoDB made."""

    _id: ObjectId


class Owned(Stored, total=False):
    """A document that belongs to a tenant."""

    tenantId: str


class Belonging(Stored, total=False):
    """A document that belongs to a tenant, whose id was stored in either form, or to none."""

    tenantId: Reference | None


class Copied(Stamped, total=False):
    """A copy of another service's entity (`core.events.projections`), under the entity's id as text."""

    _id: str
    tenantId: str | None
    version: int
    projectedAt: datetime


class RunDocument(Owned, total=False):
    """What every run has: how far it is, whose turn it is until when, and how its tries went."""

    status: str
    lease: str | None
    leaseUntil: datetime
    finishedAt: datetime | None
    tries: int
    troubles: int
    reason: str | None


T = TypeVar("T", bound=Mapping[str, Any])


def part_of(document: T, names: Iterable[str]) -> T:
    """Return the members `names` of `document`, as far as it has them."""
    return cast(T, {name: document[name] for name in names if name in document})


def filled(document: Mapping[str, object], names: Iterable[str]) -> dict[str, Any]:
    """Return the members `names` of `document` that are there and not null: what the old system showed of one."""
    return {name: document[name] for name in names if document.get(name) is not None}
