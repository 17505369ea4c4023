"""Incidents: groups that went back by themselves, why, and who knows.

A group with an incident that nobody acknowledged stays back.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from gateway.guard.figures import Figures
from gateway.guard.limits import Breach, Limits, changed
from gateway.states import Refused, State
from gateway.store import Store

Document = dict[str, Any]
AUTHOR = "guard"
# Tries to tell somebody, two seconds after the first, then twice as long each time: a quarter of an hour altogether.
_TRIES, _FIRST_PAUSE = 9, timedelta(seconds=2)
# A gateway that was telling and says nothing any more.
_CLAIM = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Found:
    """What a gateway found out about a group. since: the version of the group's state that was judged; service, old: both sides'
    figures before."""

    group: str
    state: State
    since: int
    breach: Breach
    service: Figures
    old: Figures
    limits: Limits
    gateway: str


class Incidents:
    """The incidents, and the groups' limits and baselines, in the database of the states. Every method raises PyMongoError when
    MongoDB is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def _incidents(self) -> Collection[Document]:
        return self._store.database["incidents"]

    @property
    def _limits(self) -> Collection[Document]:
        return self._store.database["guardlimits"]

    @property
    def _baselines(self) -> Collection[Document]:
        return self._store.database["guardbaselines"]

    def give_back(self, found: Found) -> int | None:
        """Send the group to the old system and note the incident, both or neither; return the version, which is the incident's
        number too. None when somebody changed the group's state meanwhile."""

        def note(version: int, session: ClientSession) -> None:
            earlier = {"group": found.group, "_id": {"$lt": version}}
            last = self._store.changes.find_one(earlier, sort=[("_id", -1)], session=session)
            if (last["_id"] if last else 0) != found.since:
                raise Refused(f"{found.group} was changed meanwhile.")
            self._incidents.insert_one(_document(found, version), session=session)

        try:
            return self._store.change(
                [found.group], State("legacy", 0), reason=found.breach.why, author=AUTHOR, also=note
            )
        except Refused:
            return None

    def unless_open(self, groups: list[str]) -> Callable[[int, ClientSession], None]:
        """Return what refuses a change of `groups` while one has an incident that nobody acknowledged (for `Store.change`)."""

        def check(_: int, session: ClientSession) -> None:
            held = self._incidents.find_one({"group": {"$in": groups}, "acknowledged": None}, session=session)
            if held:
                raise Refused(
                    f"{held['group']} went back by itself: {held['why']}. Look for the cause, then "
                    f"`leadmesh incidents ack {held['_id']} --reason ...`; or --force."
                )

        return check

    def latest(self, limit: int) -> list[Document]:
        """Return the latest incidents as they are stored, newest first."""
        return list(self._incidents.find().sort("_id", -1).limit(limit))

    def open_count(self) -> int:
        """Return how many nobody acknowledged."""
        return self._incidents.count_documents({"acknowledged": None})

    def acknowledge(self, number: int, *, reason: str, author: str) -> str:
        """Note that somebody took care of an incident, and return its group, which may go over again. Raises Refused."""
        if not reason.strip():
            raise Refused("Say what was found: --reason.")
        note = {"by": author[:100], "at": datetime.now(UTC), "reason": reason[:500]}
        found = self._incidents.find_one_and_update(
            {"_id": number, "acknowledged": None}, {"$set": {"acknowledged": note}}
        )
        if found is None:
            raise Refused(f"There is no incident {number} that waits: `leadmesh incidents` lists them.")
        return str(found["group"])

    def note_after(self, number: int, old: Figures) -> None:
        """Note what the old system answered in the interval after the return."""
        self._incidents.update_one({"_id": number}, {"$set": {"after": asdict(old)}})

    def claim_untold(self) -> Document | None:
        """Return an incident that somebody must be told of now, for the caller alone; None when there is none."""
        moment = datetime.now(UTC)
        due = {"telling.next": {"$lte": moment}}
        claim = {"$set": {"telling.next": moment + _CLAIM}, "$inc": {"telling.tries": 1}}
        return self._incidents.find_one_and_update(due, claim, return_document=ReturnDocument.AFTER)

    def note_told(self, incident: Document, to: str, outcome: str, *, done: bool) -> None:
        """Note who was told, or that it failed; then it is tried again, some times."""
        moment, tries = datetime.now(UTC), incident["telling"]["tries"]
        again = None if done or tries >= _TRIES else moment + _FIRST_PAUSE * 2 ** (tries - 1)
        row = {"to": to, "at": moment, "outcome": outcome[:200]}
        update = {"$set": {"telling.next": again}, "$push": {"told": row}}
        self._incidents.update_one({"_id": incident["_id"]}, update)

    def limits(self) -> dict[str, Limits]:
        """Return the limits of the groups that have their own."""
        return {found["_id"]: Limits(**found["limits"]) for found in self._limits.find()}

    def set_limits(self, group: str, words: list[str], *, author: str) -> Limits:
        """Change limits of a group as `error_rate=0.05` and its like say, and return them all. Raises Refused."""
        limits = changed(self.limits().get(group, Limits()), words)
        stored = {"limits": asdict(limits), "author": author[:100], "at": datetime.now(UTC)}
        self._limits.update_one({"_id": group}, {"$set": stored}, upsert=True)
        return limits

    def baselines(self) -> dict[str, Figures]:
        """Return how the old system answered each group when it last did."""
        return {found["_id"]: Figures(**found["figures"]) for found in self._baselines.find()}

    def note_baseline(self, group: str, figures: Figures) -> None:
        """Remember how the old system answers a group."""
        stored = {"figures": asdict(figures), "at": datetime.now(UTC)}
        self._baselines.update_one({"_id": group}, {"$set": stored}, upsert=True)


def _document(found: Found, version: int) -> Document:
    moment = datetime.now(UTC)
    return {
        "_id": version,
        "group": found.group,
        "from": str(found.state),
        "kind": found.breach.kind,
        "why": found.breach.why,
        "affected": found.breach.affected,
        "before": {"service": asdict(found.service), "old": asdict(found.old)},
        "after": None,
        "limits": asdict(found.limits),
        "gateway": found.gateway,
        "at": moment,
        "telling": {"tries": 0, "next": moment},
        "told": [],
        "acknowledged": None,
    }
