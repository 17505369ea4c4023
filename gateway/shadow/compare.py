"""Where two answers to one request differ: status, the headers that matter, JSON by meaning, anything else by its text."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from typing import Any

from gateway.shadow.exchange import Answer, Difference
from gateway.shadow.explanations import Asked, Deviation, Explanation, Judge
from gateway.shadow.masks import masked

# What a client acts on. An ETag is a name that each side gives: clients only hand it back. Allow is about other methods.
_HEADERS = ("content-disposition", "location", "cache-control", "retry-after", "www-authenticate", "link")
# By which records of a list are known.
_IDENTITIES = ("_id", "id", "leadId")
_CLOSE = 1e-5
# Said as they are: nobody's data.
_PLAIN = (
    "status",
    "encoding",
    *(f"header {name}" for name in ("content-type", "cache-control", "retry-after", "www-authenticate")),
)


@dataclass(frozen=True)
class _Body:
    """A body as its content type says. value: JSON, or text, or bytes."""

    kind: str
    charset: str
    value: Any
    broken: bool = False


def deviations(old: Answer, new: Answer, *, head: bool = False) -> list[Deviation]:
    """Return everything in which `new` is not `old`. head: bodies are not looked at, as there are none."""
    found = [Deviation("status", old.status, new.status)] if old.status != new.status else []
    one, other = _body(old), _body(new)
    found += _between_headers(old, new, one, other)
    if head:
        return found
    if one.broken != other.broken:
        told = {True: "not what its content type says", False: "as its content type says"}
        return [*found, Deviation("encoding", told[one.broken], told[other.broken])]
    return [*found, *_between(one.value, other.value, "")]


def unexplained(asked: Asked, found: list[Deviation], rules: list[Explanation]) -> list[Deviation]:
    """Return what no rule of contract/explanations.toml covers."""
    return Judge(rules).unexplained(asked, found) if found else []


def touches(path: str, others: set[str]) -> bool:
    """Whether one of the paths `others` is `path`, above it or below it."""
    return any(_holds(path, other) or _holds(other, path) for other in others)


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")


def shown(deviation: Deviation) -> Difference:
    """Return a deviation with its values masked, named so that the same one of another record is the same."""
    kind = _kind(deviation.expected, deviation.actual)
    plain = deviation.path in _PLAIN
    old, new = (str(one) if plain and one is not ... else masked(one) for one in (deviation.expected, deviation.actual))
    return Difference(_place(deviation), old, new, kind)


def _place(deviation: Deviation) -> str:
    """Return the place without names that people chose: only what looks like a member is shown."""
    parts = deviation.place.split(".")
    return ".".join(part if _is_name(part) else "*" for part in parts) or "body"


def _is_name(part: str) -> bool:
    bare = part.replace("[]", "").replace("header ", "").replace("-", "_")
    return not bare or (
        bare.isidentifier() and bare.isascii() and len(bare) <= 40 and not any(c.isdigit() for c in bare)
    )


def _kind(old: Any, new: Any) -> str:
    if old is ... or new is ...:
        return "null for missing" if (old is None or new is None) else "missing" if new is ... else "extra"
    if old is None or new is None:
        return "null"
    if _type(old) != _type(new):
        return "type"
    if isinstance(old, list):
        return "length" if len(old) != len(new) else "order"
    if (
        isinstance(old, int | float)
        and not isinstance(old, bool)
        and math.isclose(old, new, rel_tol=_CLOSE, abs_tol=_CLOSE)
    ):
        return "rounding"
    return "time zone" if _same_instant(old, new) else "value"


def _type(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _same_instant(old: Any, new: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(old) == datetime.fromisoformat(new))
    except (TypeError, ValueError):
        return False


# -- headers ---------------------------------------------------------------------------------------------------------------
def _between_headers(old: Answer, new: Answer, one: _Body, other: _Body) -> Iterator[Deviation]:
    if (one.kind, one.charset) != (other.kind, other.charset) and (old.body or new.body):
        yield Deviation("header content-type", f"{one.kind} {one.charset}", f"{other.kind} {other.charset}")
    for name in _HEADERS:
        given, answered = (_words(answer.headers.get(name)) for answer in (old, new))
        if given != answered:
            yield Deviation(f"header {name}", given, answered)


def _words(value: str | None) -> Any:
    """A header's directives stand in any order and in any case."""
    return ... if value is None else ", ".join(sorted(part.strip() for part in value.split(",")))


def _body(answer: Answer) -> _Body:
    header = Message()
    header["content-type"] = answer.headers.get("content-type", "")
    kind, charset = header.get_content_type(), header.get_content_charset("")
    if kind.endswith("json"):
        # RFC 8259 §8.1: JSON is UTF-8, whether that is said or not.
        return _read(_Body(kind, "", None), answer.body, charset or "utf-8", _json)
    if kind.startswith("text/"):
        return _read(_Body(kind, charset or "utf-8", None), answer.body, charset or "utf-8", str)
    return _Body(kind, charset, answer.body)


def _read(body: _Body, content: bytes, charset: str, read: Any) -> _Body:
    if not content:
        return body
    try:
        return replace(body, value=read(content.decode(charset)))
    except (ValueError, LookupError, RecursionError):
        return replace(body, value=content, broken=True)


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


# -- bodies ----------------------------------------------------------------------------------------------------------------
def _between(old: Any, new: Any, path: str) -> Iterator[Deviation]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _between(old.get(name, ...), new.get(name, ...), f"{path}.{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        yield from _between_lists(old, new, path)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Deviation(path, old, new)


def _between_lists(old: list[Any], new: list[Any], path: str) -> Iterator[Deviation]:
    """Records that both lists have, in another order, are compared with themselves."""
    keys = _keys(old, new)
    if keys and keys[0] != keys[1]:
        yield Deviation(path, old, new)
        places = {key: number for number, key in enumerate(keys[1])}
        new = [new[places[key]] for key in keys[0]]
    for index, (one, other) in enumerate(zip(old, new, strict=True)):
        yield from _between(one, other, f"{path}[{index}]")


def _keys(old: list[Any], new: list[Any]) -> tuple[list[str], list[str]] | None:
    """Return by what the elements of both lists are known, when both have the same ones."""
    if all(isinstance(one, str | int | float) for one in [*old, *new]):
        return _pair([str(one) for one in old], [str(one) for one in new])
    if not all(isinstance(one, dict) for one in [*old, *new]):
        return None
    for name in _IDENTITIES:
        if all(name in one for one in [*old, *new]):
            return _pair([str(one[name]) for one in old], [str(one[name]) for one in new])
    return None


def _pair(old: list[str], new: list[str]) -> tuple[list[str], list[str]] | None:
    same = len({*old}) == len(old) and {*old} == {*new}
    return (old, new) if same else None
