"""Query strings and forms as Express' parser (qs) read them: lists, nested members, and its limits."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from django.http import QueryDict

# Limits of qs: parameters beyond the first are ignored, places beyond the second are names, deeper names stay text.
_PARAMETERS, _LAST_PLACE, _DEPTH = 1000, 20, 5
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
Tree = dict[str, Any]


class _Row(dict[int, Any]):
    """A list in the making, by places; gaps close."""


def parse(text: str) -> Tree:
    """Return the members of the query string or form `text`: texts, lists (`a=1&a=2`, `a[]=1`, `a[0]=1`) and dictionaries
    (`a[b]=1`)."""
    members: Tree = {}
    for part in text.split("&", _PARAMETERS)[:_PARAMETERS]:
        name, _, value = part.partition("=")
        first, *rest = _path(_decoded(name))
        # Express ignores members of that name, and no client means one.
        if first and "__proto__" not in (first, *rest):
            members[first] = _merged(members.get(first), rest, _decoded(value))
    return {name: _plain(value) for name, value in members.items()}


def flat(members: Tree) -> QueryDict:
    """Return `members` as single parameters: lists under their plain name, nested ones with brackets."""
    query = QueryDict(mutable=True)
    for name, value in members.items():
        for key, text in _pairs(name, value):
            query.appendlist(key, text)
    return query


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _pairs(f"{name}[{key}]", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(name, inner)
    else:
        yield name, value


def _decoded(text: str) -> str:
    """Return what `text` stands for; what is no UTF-8 stays as it was sent."""
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return text.replace("+", " ")


def _path(name: str) -> list[str]:
    """Return the segments of a name: `a[b][]` is a, b and an empty one. Any other use of brackets is part of a name."""
    found = _NAME.fullmatch(name)
    if not found:
        return [name]
    segments = found[2][1:-1].split("][")
    deeper = segments[_DEPTH:]
    return [found[1], *segments[:_DEPTH], *(["".join(f"[{segment}]" for segment in deeper)] if deeper else [])]


def _merged(held: object, path: list[str], value: str) -> Any:
    """Return `held` with `value` at the end of `path`."""
    if not path:
        return value if held is None else _joined(held, value)
    name, *rest = path
    if not isinstance(held, dict):
        held = _Row({} if held is None else {0: held})
    if isinstance(held, _Row) and not _is_place(name):
        held = {str(place): inner for place, inner in held.items()}
    key: Any = name or str(len(held))
    if isinstance(held, _Row):
        key = int(name) if name else max(held, default=-1) + 1
    held[key] = _merged(held.get(key), rest, value)
    return held


def _joined(held: object, value: str) -> Any:
    if isinstance(held, _Row):
        return _Row({**held, max(held) + 1: value})
    return {**held, value: "true"} if isinstance(held, dict) else _Row({0: held, 1: value})


def _is_place(segment: str) -> bool:
    return not segment or segment in _PLACES


_PLACES = frozenset(str(place) for place in range(_LAST_PLACE + 1))


def _plain(value: object) -> Any:
    if isinstance(value, _Row):
        return [_plain(value[place]) for place in sorted(value)]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value
