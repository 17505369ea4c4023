"""What all gateways have compared, in the database of the states: one document for each group and pair of versions."""

import hashlib
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from gateway.shadow.tally import Batch, Run

Document = dict[str, Any]
# Of a run, over all gateways and times.
_SHAPES, _EXAMPLES = 5_000, 500
# What names a row, what is added to its numbers, and what replaces its latest values.
_Row = tuple[Document, Document, Document]


class Results:
    """The stored counters. Every method raises pymongo.errors.PyMongoError when MongoDB is away."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._runs, self._shapes = database["shadowruns"], database["shadowshapes"]
        self._examples = database["shadowexamples"]

    def prepare(self) -> None:
        """Make the collections and their indexes."""
        self._runs.create_index([("group", ASCENDING), ("until", ASCENDING)])
        for collection in (self._shapes, self._examples):
            collection.create_index([("run", ASCENDING), ("count", ASCENDING)])

    def add(self, run: Run, batch: Batch) -> None:
        """Raise the counters of a run by what a gateway has counted: all of it or nothing."""
        with self._database.client.start_session() as session:
            session.with_transaction(lambda inside: self._add(run, batch, inside))

    def _add(self, run: Run, batch: Batch, session: ClientSession) -> None:
        moment, key = datetime.now(UTC), "|".join(astuple(run))
        raised: Document = dict(batch.verdicts)
        raised |= {f"reasons.{_name(reason)}": count for reason, count in batch.reasons.items()}
        raised |= {f"dropped.{_name(reason)}": count for reason, count in batch.dropped.items()}
        update = {
            "$inc": raised,
            "$min": {"since": batch.since},
            "$set": {"until": moment},
            "$setOnInsert": asdict(run),
        }
        self._runs.update_one({"_id": key}, update, upsert=True, session=session)
        shapes: list[_Row] = [
            (asdict(shape), {"count": counts.total(), "different": counts["different"]}, {})
            for shape, counts in batch.shapes.items()
        ]
        examples: list[_Row] = [
            (
                {"operation": one.operation, "where": one.difference.where, "kind": one.difference.kind},
                {"count": one.count},
                {"old": one.difference.old, "new": one.difference.new, "side": one.side, "request": one.request},
            )
            for one in batch.examples.values()
        ]
        for collection, rows, most in ((self._shapes, shapes, _SHAPES), (self._examples, examples, _EXAMPLES)):
            if rows and collection.count_documents({"run": key}, limit=most, session=session) < most:
                updates = [_update(run, key, row, moment) for row in rows]
                collection.bulk_write(updates, ordered=False, session=session)

    def runs(self, group: str | None = None) -> list[Document]:
        """Return the runs of a group, or of all, the latest first: `group`, `legacy`, `service` (versions), `since`, `until`,
        `same`, `different`, `unjudged`, `reasons`, `dropped`."""
        return list(self._runs.find({"group": group} if group else {}).sort("until", -1))

    def shapes(self, run: Document) -> list[Document]:
        """Return the shapes of a run, the most frequent first."""
        return list(self._shapes.find({"run": run["_id"]}).sort("count", -1))

    def examples(self, run: Document, limit: int = 50) -> list[Document]:
        """Return the unexplained differences of a run, the most frequent first."""
        return list(self._examples.find({"run": run["_id"]}).sort("count", -1).limit(limit))

    def reset(self, group: str) -> int:
        """Forget everything about a group; return how many runs there were."""
        for collection in (self._shapes, self._examples):
            collection.delete_many({"group": group})
        return self._runs.delete_many({"group": group}).deleted_count


def _name(reason: str) -> str:
    """A reason as a member's name."""
    return reason.replace(".", " ").replace("$", " ")[:80] or "unknown"


def _update(run: Run, key: str, row: _Row, moment: datetime) -> UpdateOne:
    named, counts, latest = row
    digest = hashlib.sha256("\x1f".join(map(str, (key, *named.values()))).encode()).hexdigest()[:24]
    first = {"run": key, "group": run.group, **named, "first": moment}
    return UpdateOne(
        {"_id": digest}, {"$inc": counts, "$set": {**latest, "last": moment}, "$setOnInsert": first}, upsert=True
    )
