"""What the parts of the shadow comparison hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Side = Literal["legacy", "service"]
# same: nothing differs but what contract/explanations.toml explains; unjudged: it could not be compared, `reason` says why.
Verdict = Literal["same", "different", "unjudged"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the answer that the client got. operation: as the contract names it, `GET /api/leads/{leadId}`; path: with
    the query, an alias replaced; side: who answered; sent, answered: when the request's and the answer's end came by."""

    group: str
    operation: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    answer: Answer = field(repr=False)
    side: Side
    sent: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One unexplained difference. where: `status`, `header content-type`, a member (`.data[].price`), or for a write
    `stored leads.status`, `event lead.updated`; old, new: masked examples; kind: a word such as missing, type or order."""

    where: str
    old: str
    new: str
    kind: str = "value"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comparing an exchange found. reason: of an unjudged one, a few words that are counted."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    reason: str = ""
