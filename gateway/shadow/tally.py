"""Counts what was compared, in this process, until it is stored (gateway/shadow/results.py)."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.shadow.exchange import Difference, Exchange, Judgement
from gateway.shadow.shapes import Shape, shape_of

# Kinds of exchanges of one run that are told apart; members that people name could make any number.
_SHAPES, _EXAMPLES = 2_000, 200


@dataclass(frozen=True, slots=True)
class Run:
    """What is proved: a group, with these versions on both sides."""

    group: str
    legacy: str
    service: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Exchanges of a group since this process started."""

    same: int = 0
    different: int = 0
    unjudged: int = 0


@dataclass
class Example:
    """An unexplained difference: how often, and the newest request that had it."""

    operation: str
    difference: Difference
    side: str
    request: str
    count: int = 0


@dataclass
class Batch:
    """What was counted of a run since it was last stored. verdicts: `same`, `different`, `unjudged`; reasons: of unjudged ones;
    dropped: by reason; shapes: how many of each kind were compared, by verdict."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    shapes: dict[Shape, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str, str], Example] = field(default_factory=dict)
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


class Tally:
    """Counters that any thread may raise and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[Run, Batch] = {}
        self._seen: dict[str, Counter[str]] = {}

    def judged(self, run: Run, exchange: Exchange, judgement: Judgement) -> None:
        """Count an exchange and what was found."""
        shape = shape_of(exchange)
        with self._lock:
            batch = self._batches.setdefault(run, Batch())
            self._count(run.group, batch, judgement)
            if judgement.verdict == "unjudged":
                return
            if shape in batch.shapes or len(batch.shapes) < _SHAPES:
                batch.shapes.setdefault(shape, Counter())[judgement.verdict] += 1
            for difference in judgement.differences:
                self._exemplify(batch, exchange, difference)

    def lost(self, run: Run, reason: str) -> None:
        """Count an exchange of which nothing is known but that it was."""
        with self._lock:
            self._count(run.group, self._batches.setdefault(run, Batch()), Judgement("unjudged", reason=reason))

    def dropped(self, run: Run, reason: str) -> None:
        """Count an exchange that the budget left out."""
        with self._lock:
            self._batches.setdefault(run, Batch()).dropped[reason] += 1

    def seen(self, group: str) -> Seen:
        """Return what was judged of a group by this process: it only grows."""
        with self._lock:
            counts = self._seen.get(group, Counter())
            return Seen(counts["same"], counts["different"], counts["unjudged"])

    def drain(self) -> dict[Run, Batch]:
        """Return what was counted since the last time."""
        with self._lock:
            batches, self._batches = self._batches, {}
        return batches

    def restore(self, run: Run, batch: Batch) -> None:
        """Take back what could not be stored."""
        with self._lock:
            own = self._batches.setdefault(run, batch)
            if own is not batch:
                _add(own, batch)

    def _count(self, group: str, batch: Batch, judgement: Judgement) -> None:
        batch.verdicts[judgement.verdict] += 1
        self._seen.setdefault(group, Counter())[judgement.verdict] += 1
        if judgement.reason:
            batch.reasons[judgement.reason] += 1

    def _exemplify(self, batch: Batch, exchange: Exchange, difference: Difference) -> None:
        key = (exchange.operation, difference.where, difference.kind)
        if key not in batch.examples and len(batch.examples) >= _EXAMPLES:
            return
        request = exchange.headers.get("x-request-id", "")[:128]
        count = batch.examples[key].count if key in batch.examples else 0
        batch.examples[key] = Example(exchange.operation, difference, exchange.side, request, count + 1)


def _add(own: Batch, other: Batch) -> None:
    own.since = min(own.since, other.since)
    for name in ("verdicts", "reasons", "dropped"):
        getattr(own, name).update(getattr(other, name))
    for shape, counts in other.shapes.items():
        own.shapes.setdefault(shape, Counter()).update(counts)
    for key, example in other.examples.items():
        known = own.examples.setdefault(key, example)
        known.count += example.count if known is not example else 0
