"""Judging the services' groups every second, and sending back those that turned bad."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge
from pymongo.errors import PyMongoError

from gateway.guard.figures import LONGEST_SECONDS, Figures, Tally, Window
from gateway.guard.incidents import Found, Incidents
from gateway.guard.limits import Breach, Limits, breach
from gateway.guard.old import OldSystem
from gateway.shadow.exchange import Judgement, Side
from gateway.states import Change, State

log = logging.getLogger("gateway.guard")

What = Side | Literal["compared"]
_LOOK_SECONDS, _BASELINE_SECONDS = 1.0, 10.0


class Metrics:
    """What Prometheus sees of the guard."""

    def __init__(self) -> None:
        self.returns = Counter(
            "leadmesh_guard_returns", "Groups that went back by themselves.", ["group", "kind"], registry=None
        )
        self.stays = Counter(
            "leadmesh_guard_stays",
            "Groups that turned bad beside an old system that is no better.",
            ["group"],
            registry=None,
        )
        self.open = Gauge("leadmesh_incidents_open", "Incidents that nobody acknowledged.", registry=None)

    def show_in(self, registry: CollectorRegistry) -> None:
        """Show them where the agent's others are."""
        for one in (self.returns, self.stays, self.open):
            registry.register(one)


@dataclass
class Guard:
    """One gateway's. gateway: its name; latest: the newest change of each group that was ever changed; clock: in seconds."""

    gateway: str
    incidents: Incidents
    old: OldSystem
    latest: Callable[[], Mapping[str, Change]]
    clock: Callable[[], float] = time.monotonic
    metrics: Metrics = field(default_factory=Metrics)
    _windows: dict[tuple[str, What], Window] = field(default_factory=dict)
    _judged: dict[str, int] = field(default_factory=dict)
    _pauses: dict[str, float] = field(default_factory=dict)
    _after: dict[int, tuple[str, float]] = field(default_factory=dict)
    _saved: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, group: str, side: Side, status: int, seconds: float) -> None:
        """Count an answer: its status, 0 when the caller went away before, and the seconds that it took the side."""
        with self._lock:
            self._window(group, side).now(self.clock()).answer(seconds, bad=status >= 500)

    def compared(self, group: str, *, differs: bool) -> None:
        """Count an answer of the service that was compared with the old system's; differs: without explanation."""
        with self._lock:
            self._window(group, "compared").now(self.clock()).answer(bad=differs)

    def judged(self, group: str, judgement: Judgement) -> None:
        """Count what the shadow comparison found, when it could judge."""
        if judgement.verdict != "unjudged":
            self.compared(group, differs=judgement.verdict == "different")

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
            groups = {group for group, what in self._windows if what != "legacy"}
        for group in groups:
            change = changes.get(group)
            # In `shadow` the old system answers everybody: nobody is better off when the comparison ends.
            if change is None or change.state.share:
                self._judge(group, change, limits.get(group, Limits()), baselines.get(group, Figures()))
        self._note_afters(limits)
        self._note_baselines(limits)
        self.metrics.open.set(self.incidents.open_count())

    def _window(self, group: str, what: What) -> Window:
        return self._windows.setdefault((group, what), Window())

    def _latest(self, group: str, what: What, limits: Limits) -> Tally:
        with self._lock:
            return self._window(group, what).latest(self.clock(), limits.seconds, limits.minimum)

    def _begin_anew(self, changes: Mapping[str, Change]) -> None:
        """Forget what a group's service did under another state: what went back must not count when it comes again."""
        for group, change in changes.items():
            if self._judged.get(group) != change.version:
                self._judged[group] = change.version
                self._windows.pop((group, "service"), None)
                self._windows.pop((group, "compared"), None)

    def _judge(self, group: str, change: Change | None, limits: Limits, baseline: Figures) -> None:
        moment, service = self.clock(), self._latest(group, "service", limits)
        old = self._latest(group, "legacy", limits).figures()
        if old.count < limits.minimum:
            old = baseline
        found = breach(service, self._latest(group, "compared", limits), old, limits)
        if found is None or moment < self._pauses.get(group, 0):
            return
        if not self._helps(group, found, old, limits):
            # Asking costs the old system something too.
            self._pauses[group] = moment + limits.seconds
            self.metrics.stays.labels(group).inc()
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
        self.metrics.returns.labels(found.group, found.breach.kind).inc()
        log.error("incident %s: %s goes back: %s", number, found.group, found.breach.why)
        self._after[number] = (found.group, self.clock() + found.limits.seconds)

    def _note_afters(self, limits: Mapping[str, Limits]) -> None:
        for number, (group, due) in list(self._after.items()):
            if self.clock() >= due:
                self.incidents.note_after(number, self._latest(group, "legacy", limits.get(group, Limits())).figures())
                del self._after[number]

    def _note_baselines(self, limits: Mapping[str, Limits]) -> None:
        if self.clock() < self._saved + _BASELINE_SECONDS:
            return
        self._saved = self.clock()
        with self._lock:
            olds = {group: window for (group, what), window in self._windows.items() if what == "legacy"}
            tallies = {group: window.latest(self._saved, LONGEST_SECONDS, 0) for group, window in olds.items()}
        for group, tally in tallies.items():
            if tally.count >= limits.get(group, Limits()).minimum:
                self.incidents.note_baseline(group, tally.figures())
