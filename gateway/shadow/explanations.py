"""Explained differences between the old system's answers and ours: one rule for an operation and one status or member, never a
whole route. `make replay` and the shadow comparison use the same."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "contract" / "explanations.toml"

_NOTHING = object()


@dataclass(frozen=True)
class Asked:
    """A request, as rules see it. sent: query and body as text; callers: names of who asked, their roles among them."""

    method: str
    path: str
    headers: Mapping[str, str]
    sent: str
    callers: frozenset[str]


@dataclass(frozen=True)
class Deviation:
    """Where our answer is not the old system's; `...` stands for a member that is not there."""

    path: str
    expected: Any
    actual: Any

    @property
    def place(self) -> str:
        """The path with any index as `[]`."""
        return re.sub(r"\[\d+\]", "[]", self.path)

    @property
    def kind(self) -> str:
        """`added`, `missing` or `changed`, as seen from the old system's answer."""
        return "added" if self.expected is ... else "missing" if self.actual is ... else "changed"

    def __str__(self) -> str:
        if self.kind != "changed":
            return f"{self.path}: {self.kind}"
        return f"{self.path}: {self.actual!r} instead of {self.expected!r}"


@dataclass(frozen=True)
class Explanation:
    """A rule of contract/explanations.toml.

    operation: `METHOD /path`, with `{}` for one segment, `{oid}` for a document id and `*` for anything. Either `old` and `new`
    (statuses; the body then follows from the status; `shows` is a member that our answer must have then, `says` a part of its
    message), or `member` (its path,
    `[]` for any index) with `kind` added, missing, changed or lowered (changed to lower case), and `was`, the recorded value
    (text with `*`), where only that one is explained.
    `diverges`: what is stored afterwards differs as well, so that later reads of these things show other documents.
    Narrower still: `when` is a part of the query string or body that was sent, `callers` are the actors it is about, `header`
    is one that was sent.
    """

    operation: str
    reason: str
    old: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    member: str = ""
    kind: str = ""
    was: Any = _NOTHING
    shows: str = ""
    diverges: bool = False
    when: str = ""
    callers: tuple[str, ...] = ()
    header: str = ""
    says: str = ""

    def covers_request(self, asked: Asked) -> bool:
        """Whether the rule is about this request."""
        named = not self.callers or not asked.callers.isdisjoint(self.callers)
        headed = not self.header or self.header in asked.headers
        path = asked.path.partition("?")[0]
        return named and headed and self.when in asked.sent and _fits(self.operation, f"{asked.method} {path}")

    def covers(self, deviation: Deviation, found: Iterable[Deviation]) -> bool:
        """Whether the rule is about this deviation, one of all that were `found`."""
        if not self.member:
            shown = not self.shows or any(one.path == self.shows and one.kind == "added" for one in found)
            said = not self.says or any(one.path == ".message" and self.says in str(one.actual) for one in found)
            known = deviation.expected in self.old and deviation.actual in self.new
            return deviation.path == "status" and known and shown and said
        kinds = (deviation.kind, "lowered" if _is_lowered(deviation) else "")
        return self._was(deviation.expected) and self.kind in kinds and _fits(self.member, deviation.place)

    def _was(self, recorded: Any) -> bool:
        if isinstance(self.was, str):
            return isinstance(recorded, str) and _fits(self.was, recorded)
        return self.was is _NOTHING or self.was == recorded


def _is_lowered(deviation: Deviation) -> bool:
    return isinstance(deviation.expected, str) and deviation.expected.lower() == deviation.actual


def _fits(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(
        re.escape(pattern).replace(r"\{oid\}", "[0-9a-f]{24}").replace(r"\{\}", "[^/]+").replace(r"\*", ".*"),
        re.IGNORECASE | re.DOTALL,
    )


def explanations() -> list[Explanation]:
    """Return all rules. Raises TypeError for an unknown member, ValueError for a rule that says too little or too much."""
    rules = [_explanation(entry) for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["explanation"]]
    for rule in rules:
        if (
            bool(rule.member) == bool(rule.old)
            or bool(rule.member) != bool(rule.kind)
            or bool(rule.old) != bool(rule.new)
        ):
            raise ValueError(f"{rule.operation}: name either old and new statuses, or a member and its kind")
    return rules


def _explanation(entry: dict[str, Any]) -> Explanation:
    lists: dict[str, Any] = {name: tuple(entry[name]) for name in ("old", "new", "callers") if name in entry}
    return Explanation(**{**entry, **lists})


class Judge:
    """Judges the answers of one group, in their order."""

    def __init__(self, rules: list[Explanation]) -> None:
        self._rules = rules
        self._diverged: set[str] = set()

    def unexplained(self, asked: Asked, found: list[Deviation]) -> list[Deviation]:
        """Return what no rule covers. A covered status covers the body, which is another message altogether; that a route
        does not exist is never explained by a status. When we refuse a write that the old system took, or the other way
        round, later reads of these things show other documents."""
        rules = [rule for rule in self._rules if rule.covers_request(asked)]
        absent = any(one.path == ".message" and str(one.actual).startswith("Cannot ") for one in found)
        left = [one for one in found if absent or not any(rule.covers(one, found) for rule in rules)]
        status = next((one for one in found if one.path == "status"), None)
        things = _things(asked.path)
        if any(rule.diverges and rule.covers(one, found) for rule in rules for one in found):
            self._diverged.add(things)
        if status is None:
            return [] if asked.method == "GET" and things in self._diverged else left
        if status in left:
            return left
        if asked.method != "GET" and (status.expected < 400) != (status.actual < 400):
            self._diverged.add(things)
        return []


def _things(path: str) -> str:
    """Return what a path is about: `/api/leads`."""
    return "/".join(path.partition("?")[0].lower().split("/")[:3])
