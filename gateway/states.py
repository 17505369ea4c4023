"""Where the groups of routes go: to the old system, to the service, or to both by share; and how much of it is compared."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Literal

Document = dict[str, Any]
Kind = Literal["legacy", "shadow", "canary", "service"]
By = Literal["person", "tenant"]
LEGACY, SHADOW, CANARY, SERVICE = "legacy", "shadow", "canary", "service"
# Percent of a group's requests that are compared, where nobody says.
_COMPARED = {SHADOW: 100, CANARY: 100, SERVICE: 10}


class Refused(ValueError):
    """An invalid change of state; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a group goes. share: percent of the callers who go to the service; by: whether a person, or everybody of a tenant,
    is always on the same side; compared: percent of the requests that are compared with the other side (gateway/shadow)."""

    kind: Kind = "service"
    share: int = 100
    by: By = "person"
    compared: int = 0

    def __str__(self) -> str:
        if self.kind == SHADOW:
            return "shadow" if self.compared == 100 else f"shadow {self.compared}%"
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


def parsed(text: str, by: By = "person", compared: int | None = None) -> State:
    """Return the state that `legacy`, `shadow`, `service`, `canary=10` or `canary=10%` names. Raises Refused."""
    kind, _, share = text.strip().lower().partition("=")
    percent = _COMPARED.get(kind, 0) if compared is None else compared
    if not 0 <= percent <= 100 or (kind == LEGACY and percent) or (kind == SHADOW and not percent):
        raise Refused(f"{percent} is no share of {kind} that can be compared.")
    if kind in (LEGACY, SHADOW, SERVICE) and not share:
        return State(kind, 100 if kind == SERVICE else 0, by, percent)  # type: ignore[arg-type]
    number = share.removesuffix("%")
    if kind == CANARY and number.isascii() and number.isdecimal() and 0 < int(number) < 100:
        return State("canary", int(number), by, percent)
    raise Refused(f"{text!r} is no state: choose legacy, shadow, canary=1 to canary=99, or service.")


def dumped(version: int, states: States) -> Document:
    """Return states as JSON that `loaded` reads."""
    return {"version": version, "states": {name: [*astuple(one)] for name, one in states.items()}}


def loaded(stored: Mapping[str, Any]) -> tuple[int, dict[str, State]]:
    """Return version and states of what `dumped` returned; nothing of nothing."""
    return int(stored.get("version", 0)), {name: State(*one) for name, one in stored.get("states", {}).items()}
