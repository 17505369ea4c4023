"""The process of the bridge: of several candidates one leads, follows the change stream, and walks through collections that are
behind."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import Counter, Gauge
from pymongo.change_stream import ChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from core.bridge.applying import Applier
from core.bridge.changes import Change, theirs, told, walked
from core.bridge.desk import Desk, begun
from core.bridge.models import BridgeDocument
from core.bridge.sources import sources_of
from core.documents.changes import following
from core.documents.collection import now
from core.documents.driver import database, raw
from core.documents.preparing import LockLost

log = structlog.get_logger(__name__)

LEASE_SECONDS = 10.0
# One transaction for this many changes: a commit costs more than a change, a long transaction keeps the old system waiting.
_TOGETHER = 25
_WAIT_MILLISECONDS = 100
_BEAT_SECONDS, _PAUSE_SECONDS = 1.0, 1.0
# The oplog holds hours; a token that is a minute old costs nothing.
_NOTE_SECONDS = 15.0
# The resume token is of a time that the oplog has passed, or of another history (a restored backup); or the next event does not
# fit into a message, which no second try changes.
_LOST = frozenset({260, 280, 286, 10334})

_LEADER = Gauge("leadmesh_bridge_leader", "1 while this process is the bridge of the service", ["service"])
_LAG = Gauge("leadmesh_bridge_lag_seconds", "Age of the change being settled, 0 when there is none", ["service"])
_WALKING = Gauge("leadmesh_bridge_walking", "Collections that are being walked through", ["service"])
_PARKED = Gauge("leadmesh_bridge_parked", "Documents that cannot be bridged", ["service"])
_HISTORY_LOST = Counter("leadmesh_bridge_history_lost_total", "Times the oplog had passed the bridge", ["service"])


class Bridge:
    """One candidate for the bridge of `service`. It works until `stopping` is set; `ready_file` is fresh while it can."""

    def __init__(
        self,
        service: str,
        who: str,
        stopping: threading.Event,
        ready_file: Path | None = None,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self.desk = Desk(service, who, lease)
        self._applier = Applier(self.desk)
        self._service, self._stopping, self._ready_file = service, stopping, ready_file
        self._sources = sources_of(service)
        self._beaten = self._noted = 0.0

    def run(self) -> None:
        """Lead whenever nobody else does. Raises whatever is nobody's passing trouble."""
        while not self._stopping.is_set():
            try:
                if self.desk.lock.take():
                    log.info("bridge_leads", collections=sorted(self._sources))
                    self.lead()
                self._live()
            except LockLost:
                log.warning("bridge_lost_its_lease")
            except PyMongoError as error:
                log.warning("bridge_interrupted", error=type(error).__name__, code=getattr(error, "code", None))
                self._live(trouble=True)
            _LEADER.labels(self._service).set(0)
            self._stopping.wait(_PAUSE_SECONDS)
        with suppress(PyMongoError):
            self.desk.lock.release()

    def lead(self, *, until_idle: bool = False) -> None:
        """Follow the stream with the lock in hand, until `stopping` is set; or, with `until_idle`, until nothing is left to do.
        Raises LockLost, PyMongoError."""
        self._keep_images()
        _LEADER.labels(self._service).set(1)
        while not self._stopping.is_set():
            state = self.desk.state()
            try:
                with self._stream(state) as stream:
                    if self._follow(stream, state, until_idle=until_idle):
                        return
            except OperationFailure as error:
                if error.code not in _LOST:
                    raise
                self._begin_anew(error)

    # -- the stream ----------------------------------------------------------------------------------------------
    def _stream(self, state: BridgeDocument) -> ChangeStream[Any]:
        stream = database(self._service).watch(
            theirs(self._on(state)),
            full_document_before_change="whenAvailable",
            resume_after=state.get("resume"),
            max_await_time_ms=_WAIT_MILLISECONDS,
            batch_size=_TOGETHER,
        )
        if "resume" not in state:
            # Opened before the walk begins: what happens meanwhile is told by either.
            behind = begun(self._on(state), "the bridge is new here")
            self.desk.note({"resume": stream.resume_token, "at": now(), **behind})
        return stream

    def _follow(self, stream: ChangeStream[Any], state: BridgeDocument, *, until_idle: bool) -> bool:
        """Settle what comes; return whether that was all, False when the stream must be opened anew."""
        opened = self._on(state)
        while not self._stopping.is_set():
            changes = self._gathered(stream)
            if changes:
                self._lag(changes[0])
                self._applier.settle(changes)
                self._lag(changes[-1])
            elif not stream.alive:
                self._begin_anew(LookupError("the database was dropped"))
                return False
            else:
                _LAG.labels(self._service).set(0)
                self._note_idle(stream)
            state = self._beat(state, often=until_idle)
            if self._on(state) != opened:
                return False
            if not changes and not self._walk(state) and until_idle:
                return True
        return True

    def _gathered(self, stream: ChangeStream[Any]) -> list[Change]:
        changes: list[Change] = []
        while len(changes) < _TOGETHER and (event := stream.try_next()) is not None:
            changes.append(told(event))
        return changes

    def _note_idle(self, stream: ChangeStream[Any]) -> None:
        """The stream passes our own writes by: its place must move on with the oplog all the same."""
        if time.monotonic() - self._noted > _NOTE_SECONDS:
            self.desk.note({"resume": stream.resume_token, "at": now()})
            self._noted = time.monotonic()

    def _begin_anew(self, error: Exception) -> None:
        """After a gap nobody can tell which documents changed in it: all of them are told again."""
        state = self.desk.state()
        behind = begun(self._on(state), "changes were missed")
        log.error("bridge_history_lost", since=str(state.get("at")), error=type(error).__name__)
        _HISTORY_LOST.labels(self._service).inc()
        self.desk.note({"lostAt": now()}, removes=["resume"])
        with self._stream(self.desk.state()):
            self.desk.note(behind)

    # -- walks ---------------------------------------------------------------------------------------------------
    def _walk(self, state: BridgeDocument) -> bool:
        """Do the next part of one of the walks that are left; return whether there was one."""
        walks = state.get("walks", {})
        name = next((name for name in self._on(state) if name in walks), None)
        if name is None:
            return False
        source, walk = self._sources[name], self.desk.state()["walks"][name]
        found = following(source.collection, walk.get("after"), _TOGETHER)
        if not found:
            self.desk.note({}, removes=[f"walks.{name}"])
            log.info("bridge_walked_through", collection=name, documents=walk["done"])
            walks.pop(name)
            return True
        if "total" not in walk:
            self.desk.note({f"walks.{name}.total": raw(source.collection).estimated_document_count()})
        self._applier.settle([walked(name, one["_id"], walk["done"] + n) for n, one in enumerate(found, 1)])
        return True

    # -- signs of life -------------------------------------------------------------------------------------------
    def _beat(self, state: BridgeDocument, *, often: bool) -> BridgeDocument:
        """Once a second: hold the lock, look at the switches, be seen. Raises LockLost."""
        if not often and time.monotonic() - self._beaten < _BEAT_SECONDS:
            return state
        self._beaten = time.monotonic()
        self.desk.lock.renew()
        self._live()
        state = self.desk.state()
        _WALKING.labels(self._service).set(len(state.get("walks", {})))
        _PARKED.labels(self._service).set(len(self.desk.parked()))
        return state

    def _live(self, *, trouble: bool = False) -> None:
        if self._ready_file and trouble:
            self._ready_file.unlink(missing_ok=True)
        elif self._ready_file:
            self._ready_file.touch()

    def _lag(self, change: Change) -> None:
        _LAG.labels(self._service).set(max(timedelta(), now() - change.at).total_seconds())

    def _on(self, state: BridgeDocument) -> list[str]:
        return sorted(self._sources.keys() - {*state.get("off", ())})

    def _keep_images(self) -> None:
        """Let MongoDB keep what documents were before a change: it tells a status from its predecessor, and whose a deleted
        document was."""
        for name in self._sources:
            if not _keeps_images(database(self._service)[name].options()):
                wanted = {"enabled": True}
                database(self._service).command("collMod", name, changeStreamPreAndPostImages=wanted)


def _keeps_images(options: Mapping[str, Any]) -> bool:
    return bool(options.get("changeStreamPreAndPostImages", {}).get("enabled"))
