"""A change of the old system becomes a revision and an event, in one transaction with the note that it did."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter as Metric
from pymongo.errors import DuplicateKeyError

from core.bridge.changes import DELETE, INSERT, WALK, Change, Members
from core.bridge.desk import Desk, Outcomes
from core.bridge.sources import ODD, Source, sources_of
from core.documents.collection import now
from core.documents.driver import raw
from core.documents.preparing import LockLost
from core.documents.transactions import current_session, in_transaction, is_passing

log = structlog.get_logger(__name__)

# What became of a change: a revision with its event; or none, because a later revision had told it, because it touched nothing
# that counts, or because the document is gone; a revision without a change (in a walk); or the document was put aside.
BRIDGED, COVERED, QUIET, GONE, WALKED, PARKED = "bridged", "covered", "quiet", "gone", "walked", "parked"

# Longer waiting for a lock would only make all others wait.
_SECONDS = 5.0
_CHANGES = Metric("leadmesh_bridge_changes_total", "Changes of the old system", ["service", "collection", "outcome"])


@dataclass(frozen=True, slots=True)
class Applier:
    """Settles changes in the name of the leader at `desk`."""

    desk: Desk

    def settle(self, changes: Sequence[Change]) -> None:
        """Settle `changes`, each once: together, or one by one when one of them cannot be. Raises LockLost; PyMongoError when the
        database is to blame, then those that are not settled come again."""
        try:
            self._commit(changes)
        except LockLost:
            raise
        except Exception as error:
            if is_passing(error):
                raise
            for change in changes:
                self._settle_one(change)

    def _settle_one(self, change: Change, without: frozenset[str] = frozenset()) -> None:
        try:
            self._commit([change], without)
        except LockLost:
            raise
        except DuplicateKeyError as clash:
            # The old system knows no keys: where it made a duplicate, the second one is known by its text only, as before.
            taken = {*((clash.details or {}).get("keyPattern") or ())} - without - {"tenantId"}
            if taken:
                self._settle_one(change, without | taken)
            else:
                self._put_aside(change, clash)
        except Exception as error:
            if is_passing(error):
                raise
            self._put_aside(change, error)

    def _put_aside(self, change: Change, error: Exception) -> None:
        def work() -> None:
            self._park(change, error)
            self.desk.note(change.progress, Counter({(change.collection, PARKED): 1}))

        in_transaction(self.desk.service, work, seconds=_SECONDS)
        self._count(Counter({(change.collection, PARKED): 1}))

    def _commit(self, changes: Sequence[Change], without: frozenset[str] = frozenset()) -> None:
        def work() -> Outcomes:
            outcomes: Outcomes = Counter((change.collection, self._apply(change, without)) for change in changes)
            progress = {name: value for change in changes for name, value in change.progress.items()}
            self.desk.note(progress, outcomes)
            return outcomes

        self._count(in_transaction(self.desk.service, work, seconds=_SECONDS))

    def _count(self, outcomes: Outcomes) -> None:
        for (collection, outcome), count in outcomes.items():
            _CHANGES.labels(self.desk.service, collection, outcome).inc(count)

    def _apply(self, change: Change, without: frozenset[str]) -> str:
        source = sources_of(self.desk.service)[change.collection]
        if change.is_quiet(source.collection.quiet):
            return QUIET
        session = current_session(self.desk.service)
        current = raw(source.collection).find_one({"_id": change.key}, session=session)
        if change.kind == DELETE:
            return self._tell_deletion(source, change, again=current is not None)
        if current is None:
            # Its deletion comes later in the stream, and tells all.
            return GONE
        if change.kind != WALK and _was_told(change, current):
            return COVERED
        return self._tell(source, change, current, without)

    def _tell(self, source: Source[Members], change: Change, current: Members, without: frozenset[str]) -> str:
        before = None if change.kind == INSERT else change.before or current
        told = self.desk.last_revision(change.collection, change.key)
        revision = max(revision_of(current), revision_of(change.before), told) + 1
        try:
            repairs = source.repairs(current) | {name: None for name in without if name in current}
            repairs = {name: value for name, value in repairs.items() if value is None or name not in without}
            after = _changed(current, {**repairs, "rev": revision})
            source.check(after)
        except ODD as error:
            self._park(change, error)
            return PARKED
        session = current_session(self.desk.service)
        raw(source.collection).update_one({"_id": change.key}, _update(repairs, revision), session=session)
        source.publish(before, after)
        self.desk.unpark(change.collection, change.key)
        return WALKED if change.kind == WALK else BRIDGED

    def _tell_deletion(self, source: Source[Members], change: Change, *, again: bool) -> str:
        if change.before is None:
            # No pre-image: the copies are found by `rebuild_projections --prune`.
            self._park(change, LookupError("deleted, and MongoDB no longer knows what it was"))
            return PARKED
        told_last = max(revision_of(change.before), self.desk.last_revision(change.collection, change.key))
        if again:
            self.desk.bury(change.collection, change.key, told_last)
            return GONE
        gone = {**change.before, "rev": told_last + 1, "deletedAt": now()}
        try:
            source.check(gone)
        except ODD as error:
            self._park(change, error)
            return PARKED
        source.publish(change.before, gone)
        self.desk.bury(change.collection, change.key, revision_of(gone))
        return BRIDGED

    def _park(self, change: Change, error: Exception) -> None:
        # Never the message: it may hold what is stored.
        reason = str(error) if isinstance(error, LookupError) and not isinstance(error, KeyError) else ""
        name = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        self.desk.park(change.collection, change.key, name)
        log.warning("not_bridged", collection=change.collection, document=str(change.key), error=name)


def revision_of(document: Members | None) -> int:
    """Return the revision of a document; 0 when it has none, or one that is not ours."""
    revision = (document or {}).get("rev")
    return revision if isinstance(revision, int) else 0


def _was_told(change: Change, current: Members) -> bool:
    """Whether a revision later than the change was told: it was read with the change in it."""
    if change.before is None and change.kind != INSERT:
        # Without pre-image nobody knows: an event too many does no harm.
        return False
    return revision_of(current) > revision_of(change.before)


def _changed(document: Members, members: Members) -> Members:
    changed = {**document, **members}
    return {name: value for name, value in changed.items() if value is not None or name not in members}


def _update(repairs: Members, revision: int) -> dict[str, Members]:
    sets = {name: value for name, value in repairs.items() if value is not None}
    unset: Members = {name: "" for name, value in repairs.items() if value is None}
    return {"$set": {**sets, "rev": revision}, **({"$unset": unset} if unset else {})}
