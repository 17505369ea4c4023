"""Judging the services' groups every second, and sending back those that turned bad."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from gateway.guard.figures import LONGEST_SECONDS, Figures, Window
from gateway.guard.incidents import Found, Incidents
from gateway.guard.limits import Breach, Limits, breach
from gateway.guard.old import OldSystem
from gateway.shadow.exchange import Side
from gateway.states import LEGACY, Change, State

log = logging.getLogger("gateway.guard")

RETURNS = Counter("leadmesh_guard_returns", "Groups that went back by themselves.", ["group", "kind"])
STAYS = Counter("leadmesh_guard_stays", "Groups that turned bad and stayed: the old system is no better.", ["group"])
OPEN = Gauge("leadmesh_incidents_open", "Incidents that nobody acknowledged.")
_LOOK_SECONDS, _BASELINE_SECONDS = 1.0, 10.0


@dataclass
class Guard:
    """One gateway's. gateway: its name; latest: the newest change of each group that was ever changed; clock: in seconds."""

    gateway: str
    incidents: Incidents
    old: OldSystem
    latest: Callable[[], Mapping[str, Change]]
    clock: Callable[[], float] = time.monotonic
    _windows: dict[tuple[str, Side], Window] = field(default_factory=dict)
    _judged: dict[str, int] = field(default_factory=dict)
    _pauses: dict[str, float] = field(default_factory=dict)
    _after: dict[int, tuple[str, float]] = field(default_factory=dict)
    _saved: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, group: str, side: Side, status: int, seconds: float) -> None:
        """Count an answer: its status, 0 when the caller went away before, and the seconds that it took the side."""
        with self._lock:
            self._window(group, side).now(self.clock()).answer(status, seconds)

    def compared(self, group: str, *, differs: bool) -> None:
        """Count an answer of the service that was compared with the old system's; differs: without explanation."""
        with self._lock:
            tally = self._window(group, "service").now(self.clock())
            tally.compared += 1
            tally.differing += differs

    def run(self, stopping: threading.Event) -> None:
        """Look every second until `stopping` is set."""
        while not stopping.wait(_LOOK_SECONDS):
            try:
                self.look()
            except PyMongoError as error:
                log.warning("nothing can be judged while MongoDB is away: %s", type(error).__name__)

    def look(self) -> None:
        """Judge every group once. Raises pymongo.errors.PyMongoError."""
        changes, limits, baselines = self.latest(), self.incidents.limits(), self.incidents.baselines()
        with self._lock:
            self._begin_anew(changes)
            groups = {group for group, side in self._windows if side == "service"}
        for group in groups:
            change = changes.get(group)
            if change is None or change.state.kind != LEGACY:
                self._judge(group, change, limits.get(group, Limits()), baselines.get(group, Figures()))
        self._note_afters(limits)
        self._note_baselines(limits)
        OPEN.set(self.incidents.open_count())

    def _window(self, group: str, side: Side) -> Window:
        return self._windows.setdefault((group, side), Window())

    def _begin_anew(self, changes: Mapping[str, Change]) -> None:
        """Forget what a group's service did under another state: what went back must not count when it comes again."""
        for group, change in changes.items():
            if self._judged.get(group) != change.version:
                self._judged[group] = change.version
                self._windows.pop((group, "service"), None)

    def _judge(self, group: str, change: Change | None, limits: Limits, baseline: Figures) -> None:
        moment = self.clock()
        with self._lock:
            service = self._window(group, "service").latest(moment, limits.seconds, limits.minimum)
            old = self._window(group, "legacy").latest(moment, limits.seconds, limits.minimum).figures()
        if old.count < limits.minimum:
            old = baseline
        found = breach(service, old, limits)
        if found is None or moment < self._pauses.get(group, 0):
            return
        if not self._helps(group, found, old, limits):
            # Asking costs the old system something too.
            self._pauses[group] = moment + limits.seconds
            STAYS.labels(group).inc()
            log.warning("%s stays, the old system is no better: %s", group, found.why)
            return
        state, since = (change.state, change.version) if change else (State(), 0)
        self._return(Found(group, state, since, found, service.figures(), old, limits, self.gateway))

    def _helps(self, group: str, found: Breach, old: Figures, limits: Limits) -> bool:
        seconds = self.old.seconds(group)
        return seconds <= limits.most_seconds(old) if found.kind == "time" else seconds < float("inf")

    def _return(self, found: Found) -> None:
        number = self.incidents.give_back(found)
        if number is None:
            return
        RETURNS.labels(found.group, found.breach.kind).inc()
        log.error("incident %s: %s goes back: %s", number, found.group, found.breach.why)
        self._after[number] = (found.group, self.clock() + found.limits.seconds)

    def _note_afters(self, limits: Mapping[str, Limits]) -> None:
        for number, (group, due) in list(self._after.items()):
            if self.clock() >= due:
                own = limits.get(group, Limits())
                with self._lock:
                    old = self._window(group, "legacy").latest(self.clock(), own.seconds, 0).figures()
                self.incidents.note_after(number, old)
                del self._after[number]

    def _note_baselines(self, limits: Mapping[str, Limits]) -> None:
        if self.clock() < self._saved + _BASELINE_SECONDS:
            return
        self._saved = self.clock()
        with self._lock:
            olds = {group: window for (group, side), window in self._windows.items() if side == "legacy"}
            tallies = {group: window.latest(self._saved, LONGEST_SECONDS, 0) for group, window in olds.items()}
        for group, tally in tallies.items():
            if tally.count >= limits.get(group, Limits()).minimum:
                self.incidents.note_baseline(group, tally.figures())
