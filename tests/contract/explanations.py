"""Explained differences from the recorded answers: one rule for an operation and one status or member, never a whole route."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from tests.contract.declared import operation_of, operations
from tests.contract.recorded import Difference

FILE = Path(__file__).resolve().parents[2] / "contract" / "explanations.toml"


_NOTHING = object()
_NO_ROUTE = "Cannot "


@dataclass(frozen=True)
class Sent:
    """A recorded request as rules look at it. operation: `METHOD /path`; text: its path, query string and body; size: of its body, in
    bytes; earlier: the operations that the same caller sent before in the group."""

    operation: str
    caller: str
    headers: dict[str, str]
    text: str
    size: int
    variant: str = ""
    earlier: frozenset[str] = frozenset()

    @classmethod
    def of(cls, request: dict[str, Any], variant: str = "") -> "Sent":
        """Return what rules look at."""
        path = request["path"].partition("?")[0]
        caller = request["headers"].get("authorization", "").removeprefix("Bearer <jwt:").removesuffix(">")
        body = request["body"] if isinstance(request["body"], str) else json.dumps(request["body"])
        text = f"{request['path']} {json.dumps(request['body'])}"
        return cls(f"{request['method']} {path}", caller, request["headers"], text, len(body.encode()), variant)

    @property
    def in_contract(self) -> bool:
        """Whether the contract has the operation."""
        method, _, path = self.operation.partition(" ")
        return operation_of(method, path) is not None


@dataclass(frozen=True)
class Explanation:
    """A rule of contract/explanations.toml.

    operation: `METHOD /path`, with `{}` for one segment, `{oid}` for a document id and `*` for anything. Either `old` and `new`
    (statuses; the body then follows from the status; `shows` is a member that our answer must have then), or `member` (its path,
    `[]` for any index) with `kind` added, missing, changed or lowered (changed to lower case), and `was`, the recorded value
    (text with `*`), where only that one is explained. `said` and `says` are parts of the recorded and of our message.
    `diverges`: what is stored afterwards differs as well, so that later reads of these things show other documents.
    Narrower still: `when` is a regular expression of the path, query string or body that was sent, `callers` are the actors it is about, `header`
    is one that was sent, `least_bytes` the least size of its body, `variant` is that of the recording, `after` is an
    operation that the same caller sent before. In the file operation, member and kind may be lists: a rule for each.
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

    def covers_request(self, sent: Sent) -> bool:
        """Whether the rule is about this request."""
        named = not self.callers or sent.caller in self.callers
        headed = not self.header or self.header in sent.headers
        recorded = self.variant in ("", sent.variant) and (not self.after or self.after in sent.earlier)
        asked = re.search(self.when, sent.text) and sent.size >= self.least_bytes
        # What the old system had no route for is new only where the contract has it.
        had = not self.said.startswith(_NO_ROUTE) or sent.in_contract
        return bool(named and headed and recorded and asked and had and self.is_about(sent.operation))

    def is_about(self, operation: str) -> bool:
        """Whether the rule is about `METHOD /path`."""
        return _fits(self.operation, operation)

    def covers(self, difference: Difference, found: Iterable[Difference]) -> bool:
        """Whether the rule is about this difference, one of all that were `found`."""
        if not self._is_told(found):
            return False
        if not self.member:
            shown = not self.shows or any(one.path == self.shows and one.kind == "added" for one in found)
            known = difference.expected in self.old and difference.actual in self.new
            return difference.path == "status" and known and shown
        kinds = (difference.kind, "lowered" if _is_lowered(difference) else "")
        return self._was(difference.expected) and self.kind in kinds and _fits(self.member, difference.place)

    def _is_told(self, found: Iterable[Difference]) -> bool:
        messages = [one for one in found if one.path == ".message"]
        said = not self.said or any(self.said in str(one.expected) for one in messages)
        return said and (not self.says or any(self.says in str(one.actual) for one in messages))

    def _was(self, recorded: Any) -> bool:
        if isinstance(self.was, str):
            return isinstance(recorded, str) and _fits(self.was, recorded)
        return self.was is _NOTHING or self.was == recorded


def _is_lowered(difference: Difference) -> bool:
    return isinstance(difference.expected, str) and difference.expected.lower() == difference.actual


def _fits(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _literals() -> list[str]:
    """Return the literal segments that the contract has in a place where it also has a parameter."""
    parents = {one.path.rpartition("/{")[0] for one in operations() if one.path.endswith("}")}
    segments = {(parent, one.path.removeprefix(f"{parent}/").partition("/")[0]) for parent in parents for one in operations() if one.path.startswith(f"{parent}/")}
    return sorted({re.escape(segment) for _, segment in segments if not segment.startswith("{")})


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    # As in the routes, a literal segment is no parameter.
    parameter = rf"(?!(?:{'|'.join(_literals())})(?:/|$))[^/]+"
    escaped = re.escape(pattern).replace(r"\{oid\}", "[0-9a-f]{24}").replace(r"\{\}", parameter).replace(r"\*", ".*")
    return re.compile(escaped, re.IGNORECASE | re.DOTALL)


def explanations() -> list[Explanation]:
    """Return all rules. Raises TypeError for an unknown member, ValueError for a rule that says too little or too much."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["explanation"]
    rules = [rule for entry in entries for rule in _each(entry)]
    for rule in rules:
        if bool(rule.member) == bool(rule.old) or bool(rule.member) != bool(rule.kind) or bool(rule.old) != bool(rule.new):
            raise ValueError(f"{rule.operation}: name either old and new statuses, or a member and its kind")
    return rules


def _each(entry: dict[str, Any]) -> Iterator[Explanation]:
    """Yield the rules of an entry: one for each operation, member and kind that it lists."""
    lists = {name: tuple(entry[name]) for name in ("old", "new", "callers") if name in entry}
    several = {name: entry[name] for name in ("operation", "member", "kind") if isinstance(entry.get(name), list)}
    for chosen in product(*several.values()):
        yield Explanation(**{**entry, **lists, **dict(zip(several, chosen, strict=True))})


class Judge:
    """Judges the answers of one group of a recording's `variant`, in their order."""

    def __init__(self, rules: list[Explanation], variant: str = "") -> None:
        self._rules, self._variant = rules, variant
        self._diverged: set[str] = set()
        self._sent: set[tuple[str, str]] = set()

    def unexplained(self, request: dict[str, Any], found: list[Difference]) -> list[Difference]:
        """Return what no rule covers. A covered status covers the body, which is another message altogether; that a route of the
        contract does not exist is never explained by a status. When we refuse a write that the old system took, or the other
        way round, later reads of these things show other documents."""
        sent = self._noted(Sent.of(request, self._variant))
        rules = [rule for rule in self._rules if rule.covers_request(sent)]
        absent = sent.in_contract and any(
            one.path == ".message" and str(one.actual).startswith(_NO_ROUTE) for one in found
        )
        left = [one for one in found if absent or not any(rule.covers(one, found) for rule in rules)]
        status = next((one for one in found if one.path == "status"), None)
        things = _things(request["path"])
        if any(rule.diverges and rule.covers(one, found) for rule in rules for one in found):
            self._diverged.add(things)
        if status is None:
            return [] if request["method"] == "GET" and things in self._diverged else left
        if status in left:
            return left
        if request["method"] != "GET" and (status.expected < 400) != (status.actual < 400):
            self._diverged.add(things)
        return []

    def _noted(self, sent: Sent) -> Sent:
        """Return `sent` with what its caller sent before, and remember it."""
        earlier = frozenset(operation for caller, operation in self._sent if caller == sent.caller)
        self._sent.add((sent.caller, sent.operation))
        return replace(sent, earlier=earlier)


def variant_of(file: Path) -> str:
    """Return the variant of a recording: `testmode` of testmode.leads.json."""
    return file.name.partition(".")[0]


def _things(path: str) -> str:
    """Return what a path is about: `/api/leads`."""
    return "/".join(path.partition("?")[0].lower().split("/")[:3])
