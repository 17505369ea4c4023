"""Where the states of groups are kept: one append-only collection of changes, of which the newest one of a group counts. Every
gateway follows it (`gateway.agent`)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, PyMongoError

from gateway import table
from gateway.states import Change, Refused, State

Document = dict[str, Any]
Also = Callable[[int, ClientSession], None]
# An agent tells every second that it lives.
_ALIVE = timedelta(seconds=5)
_TRIES, _DUPLICATE_KEY = 50, 11_000


class Store:
    """The changes, and which gateway serves which. Every method raises pymongo.errors.PyMongoError when MongoDB is away."""

    def __init__(self, uri: str, name: str = "gateway", shared: str = "") -> None:
        self._shared = shared
        seconds = {"serverSelectionTimeoutMS": 3_000, "connectTimeoutMS": 3_000, "socketTimeoutMS": 10_000}
        self._client: MongoClient[Document] = MongoClient(uri, tz_aware=True, w="majority", **seconds)  # type: ignore[arg-type]
        self.database: Database[Document] = self._client[name]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Store":
        """Return the store that MONGODB_URI and, where it has another name, GATEWAY_MONGODB_NAME say; MONGODB_NAME is
        the database that the services share with the old system. Raises KeyError."""
        name, shared = environment.get("GATEWAY_MONGODB_NAME") or "gateway", environment.get("MONGODB_NAME", "")
        return cls(environment["MONGODB_URI"], name, shared)

    @property
    def changes(self) -> Collection[Document]:
        """The collection of changes; `_id` is the version."""
        return self.database["routestates"]

    @property
    def _gateways(self) -> Collection[Document]:
        return self.database["gateways"]

    def prepare(self) -> None:
        """Make the index by which forgotten gateways leave."""
        self._gateways.create_index("seenAt", expireAfterSeconds=3_600)
        self.changes.create_index([("group", 1), ("_id", -1)])

    def current(self) -> tuple[int, dict[str, State]]:
        """Return the newest version, 0 when nothing was ever changed, and the state of every group that was."""
        changes = self.latest().values()
        return max((one.version for one in changes), default=0), {one.group: one.state for one in changes}

    def latest(self) -> dict[str, Change]:
        """Return the newest change of every group that was ever changed."""
        newest = self.changes.aggregate(
            [{"$sort": {"_id": 1}}, {"$group": {"_id": "$group", "last": {"$last": "$$ROOT"}}}]
        )
        return {found["_id"]: _change(found["last"]) for found in newest}

    def history(self, limit: int) -> list[Change]:
        """Return the latest changes, newest first."""
        return [_change(found) for found in self.changes.find().sort("_id", -1).limit(limit)]

    def change(
        self,
        groups: list[str],
        state: State,
        *,
        reason: str,
        author: str,
        proof: str = "",
        also: Also | None = None,
    ) -> int:
        """Store a change of every one of `groups`, all or none, and return the version that has them all. Raises Refused.

        proof: as in Change; also: called with the version of the first change in the transaction that stores them, which
        ends without effect when it raises."""
        if not reason.strip():
            raise Refused("Say why: --reason.")
        if state.share < 100:
            self._check_shared(groups)
        told = {
            "state": state.kind,
            "share": state.share,
            "by": state.by,
            "compared": state.compared,
            "proof": proof,
            "reason": reason[:500],
            "author": author[:100],
        }
        for _ in range(_TRIES):
            version, moment = self._newest(), datetime.now(UTC)
            rows = [{"_id": n, "group": group, **told, "at": moment} for n, group in enumerate(groups, version + 1)]
            try:
                with self._client.start_session() as session, session.start_transaction():
                    self.changes.insert_many(rows, session=session)
                    if also:
                        also(version + 1, session)
            except PyMongoError as error:
                if not _came_between(error):
                    raise
                continue
            return version + len(groups)
        raise Refused("Others changed states at the same time, again and again: try again.")

    def seen(self, gateway: str, version: int, *, legacy: bool, trouble: str | None = None) -> None:
        """Note that `gateway` lives and serves `version`; legacy: whether it knows where the old system is."""
        moment = datetime.now(UTC)
        told = {"version": version, "legacy": legacy, "trouble": trouble, "seenAt": moment}
        self._gateways.update_one({"_id": gateway}, {"$set": told}, upsert=True)

    def note_versions(self, gateway: str, versions: dict[str, str]) -> None:
        """Note which versions of the old system (`legacy`) and of the services `gateway` sees."""
        self._gateways.update_one(
            {"_id": gateway}, {"$set": {"versions": versions, "seenAt": datetime.now(UTC)}}, upsert=True
        )

    def gateways(self) -> list[Document]:
        """Return the gateways that live: `_id`, `version`, `legacy`, `trouble`, `seenAt`; `versions` where it compares."""
        return list(self._gateways.find({"seenAt": {"$gt": datetime.now(UTC) - _ALIVE}}).sort("_id", 1))

    def forget(self, gateway: str) -> None:
        """Note that `gateway` ended."""
        self._gateways.delete_one({"_id": gateway})

    def _check_shared(self, groups: list[str]) -> None:
        """Raise Refused when the old system would not see the data of a service: it has a database of its own by now
        (core.documents.placement writes that)."""
        elsewhere = {"database": {"$ne": self._shared}}
        found = self._client[self._shared]["placements"].find(elsewhere, {"_id": 1}) if self._shared else ()
        moved = {one["_id"] for one in found} & {_owners().get(group) for group in groups}
        if moved:
            names = ", ".join(sorted(moved))
            raise Refused(
                f"The old system does not see the data of {names}: first `leadmesh data split SERVICE --back`."
            )

    def _newest(self) -> int:
        last = self.changes.find_one(sort=[("_id", -1)], projection={"_id": 1})
        return int(last["_id"]) if last else 0


@cache
def _owners() -> dict[str, str]:
    return table.groups(table.load())


def _change(found: Document) -> Change:
    # Rows of before the comparison have no word about it.
    state = State(found["state"], found["share"], found["by"], found.get("compared", 0))
    proof = found.get("proof", "")
    return Change(found["_id"], found["group"], state, found["reason"], found["author"], found["at"], proof)


def _came_between(error: PyMongoError) -> bool:
    """Whether another change took the wanted version."""
    taken = isinstance(error, BulkWriteError) and all(
        one["code"] == _DUPLICATE_KEY for one in error.details["writeErrors"]
    )
    return taken or error.has_error_label("TransientTransactionError")
