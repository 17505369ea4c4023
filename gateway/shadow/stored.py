"""Where two stored documents differ, beyond what each side makes for itself (stored.toml)."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bson import ObjectId

from gateway.shadow.exchange import Difference
from gateway.shadow.masks import masked

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MEMBER = re.compile("[A-Za-z_]{1,40}")
_HEX = re.compile("[0-9a-f]{24,128}")
# Between the clocks of two machines.
_SKEW = timedelta(seconds=2)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rules:
    """How documents of a collection are compared: paths, as stored.toml explains them."""

    service: str
    made: frozenset[str]
    moments: frozenset[str]
    references: frozenset[str]
    ours: frozenset[str]
    quiet: frozenset[str]

    @property
    def passed_over(self) -> frozenset[str]:
        """Members that say nothing about a write of the old system."""
        return self.ours | self.quiet


@dataclass
class Comparison:
    """What both sides made for themselves is remembered, as it looks on the wire: theirs for ours. old, new: when each side did
    its write."""

    old: Span
    new: Span
    pairs: dict[str, set[str]] = field(default_factory=dict)

    def documents(self, name: str, old: Any, new: Any, rules: Rules) -> Iterator[Difference]:
        """Yield the differences of a document of the collection `name`; None for one that is not there."""
        if old is None or new is None:
            if old is not new:
                there = "(nothing)", "a document"
                yield Difference(f"stored {name}", there[old is not None], there[new is not None], "missing")
            return
        yield from self._between(f"stored {name}", "", old, new, rules)

    def corresponds(self, old: Any, new: Any) -> bool:
        """Whether a value of the new answer is what the new side made where the old one made `old`."""
        if not isinstance(old, str) or not isinstance(new, str):
            return False
        return old in self.pairs.get(new, ()) or (
            _is_iso(old) and _is_iso(new) and self._are_moments(_date(old), _date(new))
        )

    def _between(self, where: str, path: str, old: Any, new: Any, rules: Rules) -> Iterator[Difference]:
        if path in rules.passed_over:
            return
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for name in sorted(old.keys() | new.keys()):
                # What people named themselves is not shown.
                shown = name if _MEMBER.fullmatch(name) else "*"
                below = f"{path}.{shown}" if path else shown
                yield from self._between(where, below, old.get(name, ...), new.get(name, ...), rules)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                yield from self._between(where, f"{path}[]", one, other, rules)
        elif not self._same(path, old, new, rules):
            yield _difference(f"{where}.{path}", old, new)

    def _same(self, path: str, old: Any, new: Any, rules: Rules) -> bool:
        if kind_of(old) == kind_of(new) and old == new:
            return True
        if path in rules.references and {kind_of(old), kind_of(new)} == {"ObjectId", "text"}:
            return str(old) == str(new)
        made = path in rules.made and _form(old) is not None and _form(old) == _form(new)
        moment = path in rules.moments and isinstance(old, datetime) and isinstance(new, datetime)
        if made or (moment and self._are_moments(old, new)):
            self.pairs.setdefault(wire(new), set()).add(wire(old))
            return True
        return False

    def _are_moments(self, old: datetime, new: datetime) -> bool:
        return _is_in(old, self.old) and _is_in(new, self.new)


def kind_of(value: Any) -> str:
    """Return the type of a stored value in a word; numbers are one type, as JavaScript has one."""
    if value is ...:
        return "nothing"
    names = {bool: "boolean", str: "text", datetime: "date", type(None): "null"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return names.get(type(value), type(value).__name__)


def wire(value: Any) -> str:
    """Return a stored id or date as answers write it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return str(value)


def _difference(where: str, old: Any, new: Any) -> Difference:
    kinds = kind_of(old), kind_of(new)
    if kinds[0] != kinds[1]:
        kind = "missing" if new is ... else "extra" if old is ... else "type"
        return Difference(where, *kinds, kind)
    return Difference(where, shape(old), shape(new), "length" if isinstance(old, list) else "value")


def shape(value: Any) -> str:
    """Return what a value looks like without what it says."""
    return masked(wire(value) if isinstance(value, datetime | ObjectId) else value)


def _form(value: Any) -> str | None:
    """The form of an id or token that a side makes."""
    if isinstance(value, ObjectId):
        return "ObjectId"
    if not isinstance(value, str):
        return None
    return "uuid" if _UUID.fullmatch(value) else f"hex {len(value)}" if _HEX.fullmatch(value) else None


def _is_iso(text: str) -> bool:
    return len(text) == 24 and text.endswith("Z") and text[10] == "T"


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _is_in(moment: datetime, span: Span) -> bool:
    return span[0] - _SKEW <= moment <= span[1] + _SKEW


@cache
def rules() -> dict[str, Rules]:
    """Return the rules of each collection that both systems write."""
    told = _told()
    kinds = ("made", "moments", "references", "ours", "quiet")
    return {
        one["name"]: Rules(
            one["service"], *(frozenset([*told["every"].get(kind, ()), *one.get(kind, ())]) for kind in kinds)
        )
        for one in told["collection"]
    }


@cache
def only_ours() -> frozenset[str]:
    """Return the collections that the old system does not have."""
    return frozenset(_told()["only_ours"]["names"])


def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("stored.toml").read_text(encoding="utf-8"))
