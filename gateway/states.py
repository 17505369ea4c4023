"""Where the groups of routes go: to the old system, to the service, or to both by share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Document = dict[str, Any]
Kind = Literal["legacy", "canary", "service"]
By = Literal["person", "tenant"]
LEGACY, CANARY, SERVICE = "legacy", "canary", "service"


class Refused(ValueError):
    """An invalid change of state; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a group goes. share: percent of the callers who go to the service, in a canary; by: whether a person, or everybody of
    a tenant, is always on the same side."""

    kind: Kind = "service"
    share: int = 100
    by: By = "person"

    def __str__(self) -> str:
        return self.kind if self.kind != CANARY else f"canary {self.share}%" + (" by tenant" * (self.by == "tenant"))


States = Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a group's state. version: counts all changes of all groups; proof: `forced`, or what the passport said."""

    version: int
    group: str
    state: State
    reason: str
    author: str
    at: datetime
    proof: str = ""


def parsed(text: str, by: By = "person") -> State:
    """Return the state that `legacy`, `service`, `canary=10` or `canary=10%` names. Raises Refused."""
    kind, _, share = text.strip().lower().partition("=")
    if kind in (LEGACY, SERVICE) and not share:
        return State(kind, 0 if kind == LEGACY else 100, by)  # type: ignore[arg-type]
    number = share.removesuffix("%")
    if kind == CANARY and number.isascii() and number.isdecimal() and 0 < int(number) < 100:
        return State("canary", int(number), by)
    raise Refused(f"{text!r} is no state: choose legacy, canary=1 to canary=99, or service.")


def dumped(version: int, states: States) -> Document:
    """Return states as JSON that `loaded` reads."""
    return {"version": version, "states": {name: [one.kind, one.share, one.by] for name, one in states.items()}}


def loaded(stored: Mapping[str, Any]) -> tuple[int, dict[str, State]]:
    """Return version and states of what `dumped` returned; nothing of nothing."""
    return int(stored.get("version", 0)), {name: State(*one) for name, one in stored.get("states", {}).items()}
