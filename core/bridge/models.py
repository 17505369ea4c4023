"""What the bridge keeps in each service's database: how far it is, and what it noted about single documents."""

from datetime import datetime
from typing import TypedDict

from core.documents.collection import EVERY_SERVICE, Declared
from core.documents.indexes import index

_DAY = 86_400


class Walk(TypedDict, total=False):
    """A walk through a whole collection: why, and how far it is (`after`: the last id)."""

    why: str
    after: object
    done: int
    total: int
    startedAt: datetime


class BridgeDocument(TypedDict, total=False):
    """The bridge of one service, under the service's name. Leader: `token` until `until` (core.documents.preparing.Lock).

    resume: MongoDB's resume token behind the last change that was settled; at: when that change was made, or, with nothing to do,
    when the bridge last looked. off: collections that are switched off. counts: changes by collection and outcome."""

    _id: str
    token: str
    holder: str
    since: datetime
    until: datetime
    resume: dict[str, object]
    at: datetime
    off: list[str]
    walks: dict[str, Walk]
    counts: dict[str, dict[str, int]]
    lostAt: datetime


class NoteDocument(TypedDict, total=False):
    """A document that could not be bridged (`error`, since `at`), or that the old system deleted (`rev`, told last).
    settledAt: since when the note is only kept in case that the document comes back."""

    _id: str
    service: str
    collection: str
    documentId: object
    error: str
    at: datetime
    rev: int
    settledAt: datetime


BRIDGES = Declared[BridgeDocument]("bridges", service=EVERY_SERVICE)
NOTES = Declared[NoteDocument](
    "bridgenotes",
    service=EVERY_SERVICE,
    indexes=(
        index("service", "error", name="parked", partialFilterExpression={"error": {"$exists": True}}),
        index("settledAt", name="settled_ttl", expireAfterSeconds=90 * _DAY),
    ),
)
