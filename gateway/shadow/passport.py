"""What a group must have shown before it may move: how much was compared, how varied, and that nothing unexplained was found."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.shadow.contract import Operation, operations
from gateway.shadow.results import Results

Document = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """When a passport is valid. compared: exchanges at least; days: its last comparison is not older; covered: percent of the
    declared operations and statuses that were seen; above: percent of the callers up to which a group needs none."""

    compared: int = 1_000
    days: float = 7
    covered: float = 25
    above: int = 10


@dataclass(frozen=True)
class Passport:
    """What was compared of a group, with these versions on both sides. seen, known: operations with a status, of those that the
    contract declares; missing: operations that were never seen; shapes: kinds of exchanges; unjudged: by reason."""

    group: str
    legacy: str
    service: str
    since: datetime
    until: datetime
    compared: int
    different: int
    shapes: int
    seen: int
    known: int
    missing: tuple[str, ...] = ()
    unjudged: Document = field(default_factory=dict)
    dropped: Document = field(default_factory=dict)

    @property
    def covered(self) -> float:
        """Percent of the declared operations and statuses that were seen."""
        return round(100 * self.seen / self.known, 1) if self.known else 0.0

    def faults(self, terms: Terms) -> list[str]:
        """Return why it is not valid, in sentences; nothing when it is."""
        age = datetime.now(UTC) - self.until
        told = {
            f"{self.compared} requests were compared, {terms.compared} are needed": self.compared < terms.compared,
            f"{self.different} of them differ unexplained: leadmesh shadow report {self.group}": self.different > 0,
            f"the last comparison is {age.days} days old": age > timedelta(days=terms.days),
            f"only {self.covered}% of the declared operations and statuses were seen, {terms.covered}% are needed": self.covered
            < terms.covered,
        }
        return [sentence for sentence, faulty in told.items() if faulty]

    def told(self) -> Document:
        """Return it for programs."""
        return {
            **asdict(self),
            "since": self.since.isoformat(timespec="seconds"),
            "until": self.until.isoformat(timespec="seconds"),
            "covered": self.covered,
        }

    def __str__(self) -> str:
        day = f"{self.until:%Y-%m-%d}"
        return (
            f"{self.compared} compared, {self.different} unexplained, {self.seen} of {self.known} declared answers seen, "
            f"old system {self.legacy}, service {self.service}, {day}"
        )


def passport_of(group: str, results: Results) -> Passport | None:
    """Return the passport of a group, of the versions that were compared last; None when nothing ever was."""
    found = results.runs(group)
    if not found:
        return None
    run = found[0]
    shapes = results.shapes(run)
    declared = {(one.name, status) for one in operations_of(group) for status in one.statuses}
    seen = {(shape["operation"], shape["status"]) for shape in shapes}
    untouched = sorted({one.name for one in operations_of(group)} - {name for name, _ in seen})
    return Passport(
        group=group,
        legacy=run["legacy"],
        service=run["service"],
        since=run["since"],
        until=run["until"],
        compared=run.get("same", 0) + run.get("different", 0),
        different=run.get("different", 0),
        shapes=len(shapes),
        seen=len(declared & seen),
        known=len(declared),
        missing=tuple(untouched),
        unjudged=run.get("reasons", {}),
        dropped=run.get("dropped", {}),
    )


def operations_of(group: str) -> list[Operation]:
    """Return the operations of a group."""
    return [one for one in operations() if one.group == group]
