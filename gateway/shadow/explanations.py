"""Explained differences between the old system's answers and ours: one rule for an operation and one status or member, never a
whole route. `make replay` and the shadow comparison use the same."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from gateway.shadow.contract import operation_of, operations

FILE = Path(__file__).resolve().parents[2] / "contract" / "explanations.toml"


_NOTHING = object()
_NO_ROUTE = "Cannot "


@dataclass(frozen=True)
class Asked:
    """A request, as rules see it. path: with the query; sent: the body as text; callers: names of who asked, their roles among
    them; size: of the body, in bytes; variant: of a recording; earlier: the operations that the same caller sent before in
    its group."""

    method: str
    path: str
    headers: Mapping[str, str]
    sent: str
    callers: frozenset[str]
    size: int = 0
    variant: str = ""
    earlier: frozenset[str] = frozenset()

    @property
    def operation(self) -> str:
        """`METHOD /path`."""
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def text(self) -> str:
        """All that a rule's `when` looks at."""
        return f"{self.path} {self.sent}"

    @property
    def in_contract(self) -> bool:
        """Whether the contract has the operation."""
        return operation_of(self.method, self.path.partition("?")[0]) is not None


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
    (statuses; the body then follows from the status; `shows` is a member that our answer must have then), or `member` (its path,
    `[]` for any index) with `kind` added, missing, changed or lowered (changed to lower case), and `was`, the recorded value
    (text with `*`), where only that one is explained. `said` and `says` are parts of the recorded and of our message.
    `diverges`: what is stored afterwards differs as well, so that later reads of these things show other documents.
    Narrower still: `when` is a regular expression of the path, query string or body that was sent, `callers` are the actors it
    is about, `header` is one that was sent, `least_bytes` the least size of its body, `variant` is that of the recording, `after`
    is an operation that the same caller sent before. In the file operation, member and kind may be lists: a rule for each.
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
    said: str = ""
    says: str = ""
    least_bytes: int = 0
    variant: str = ""
    after: str = ""

    def covers_request(self, asked: Asked) -> bool:
        """Whether the rule is about this request."""
        named = not self.callers or not asked.callers.isdisjoint(self.callers)
        headed = not self.header or self.header in asked.headers
        recorded = self.variant in ("", asked.variant) and (not self.after or self.after in asked.earlier)
        sent = re.search(self.when, asked.text) and asked.size >= self.least_bytes
        # What the old system had no route for is new only where the contract has it.
        had = not self.said.startswith(_NO_ROUTE) or asked.in_contract
        return bool(named and headed and recorded and sent and had and self.is_about(asked.operation))

    def is_about(self, operation: str) -> bool:
        """Whether the rule is about `METHOD /path`."""
        return _fits(self.operation, operation)

    def covers(self, deviation: Deviation, found: Iterable[Deviation]) -> bool:
        """Whether the rule is about this deviation, one of all that were `found`."""
        if not self._is_told(found):
            return False
        if not self.member:
            shown = not self.shows or any(one.path == self.shows and one.kind == "added" for one in found)
            known = deviation.expected in self.old and deviation.actual in self.new
            return deviation.path == "status" and known and shown
        kinds = (deviation.kind, "lowered" if _is_lowered(deviation) else "")
        return self._was(deviation.expected) and self.kind in kinds and _fits(self.member, deviation.place)

    def _is_told(self, found: Iterable[Deviation]) -> bool:
        messages = [one for one in found if one.path == ".message"]
        said = not self.said or any(self.said in str(one.expected) for one in messages)
        return said and (not self.says or any(self.says in str(one.actual) for one in messages))

    def _was(self, recorded: Any) -> bool:
        if isinstance(self.was, str):
            return isinstance(recorded, str) and _fits(self.was, recorded)
        return self.was is _NOTHING or self.was == recorded


def _is_lowered(deviation: Deviation) -> bool:
    return isinstance(deviation.expected, str) and deviation.expected.lower() == deviation.actual


def _fits(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _literals() -> list[str]:
    """Return the literal segments that the contract has in a place where it also has a parameter."""
    parents = {one.path.rpartition("/{")[0] for one in operations() if one.path.endswith("}")}
    segments = {
        (parent, one.path.removeprefix(f"{parent}/").partition("/")[0])
        for parent in parents
        for one in operations()
        if one.path.startswith(f"{parent}/")
    }
    return sorted({re.escape(segment) for _, segment in segments if not segment.startswith("{")})


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    # As in the routes, a literal segment is no parameter.
    parameter = rf"(?!(?:{'|'.join(_literals())})(?:/|$))[^/]+"
    return re.compile(
        re.escape(pattern).replace(r"\{oid\}", "[0-9a-f]{24}").replace(r"\{\}", parameter).replace(r"\*", ".*"),
        re.IGNORECASE | re.DOTALL,
    )


def explanations() -> list[Explanation]:
    """Return all rules. Raises TypeError for an unknown member, ValueError for a rule that says too little or too much."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["explanation"]
    rules = [rule for entry in entries for rule in _each(entry)]
    for rule in rules:
        if (
            bool(rule.member) == bool(rule.old)
            or bool(rule.member) != bool(rule.kind)
            or bool(rule.old) != bool(rule.new)
        ):
            raise ValueError(f"{rule.operation}: name either old and new statuses, or a member and its kind")
    return rules


def _each(entry: dict[str, Any]) -> Iterator[Explanation]:
    """Yield the rules of an entry: one for each operation, member and kind that it lists."""
    lists: dict[str, Any] = {name: tuple(entry[name]) for name in ("old", "new", "callers") if name in entry}
    several = {name: entry[name] for name in ("operation", "member", "kind") if isinstance(entry.get(name), list)}
    for chosen in product(*several.values()):
        yield Explanation(**{**entry, **lists, **dict(zip(several, chosen, strict=True))})


class Judge:
    """Judges the answers of one group of a recording's `variant`, in their order."""

    def __init__(self, rules: list[Explanation], variant: str = "") -> None:
        self._rules, self._variant = rules, variant
        self._diverged: set[str] = set()
        self._sent: set[tuple[frozenset[str], str]] = set()

    def unexplained(self, asked: Asked, found: list[Deviation]) -> list[Deviation]:
        """Return what no rule covers. A covered status covers the body, which is another message altogether; that a route of the
        contract does not exist is never explained by a status. When we refuse a write that the old system took, or the other
        way round, later reads of these things show other documents."""
        asked = self._noted(asked)
        rules = [rule for rule in self._rules if rule.covers_request(asked)]
        absent = asked.in_contract and any(
            one.path == ".message" and str(one.actual).startswith(_NO_ROUTE) for one in found
        )
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

    def _noted(self, asked: Asked) -> Asked:
        """Return `asked` with the variant, and what its caller sent before; and remember it."""
        earlier = frozenset(operation for callers, operation in self._sent if callers == asked.callers)
        self._sent.add((asked.callers, asked.operation))
        return replace(asked, variant=self._variant, earlier=earlier)


def variant_of(file: Path) -> str:
    """Return the variant of a recording: `testmode` of testmode.leads.json."""
    return file.name.partition(".")[0]


def _things(path: str) -> str:
    """Return what a path is about: `/api/leads`."""
    return "/".join(path.partition("?")[0].lower().split("/")[:3])
