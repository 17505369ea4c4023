"""What kinds of exchanges have been compared: a thousand requests for the same page prove less than ten different ones."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from gateway.shadow.callers import role_of
from gateway.shadow.contract import operation_of
from gateway.shadow.exchange import Exchange

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of exchange. parameters: names in the query that the contract declares, `*` for any others; body: a digest of which
    members of which types the answer had."""

    operation: str
    status: int
    role: str
    parameters: str
    body: str


def shape_of(exchange: Exchange) -> Shape:
    """Return the kind of an exchange."""
    path, _, query = exchange.path.partition("?")
    operation = operation_of(exchange.method, path)
    declared = operation.parameters if operation else frozenset()
    given = {name.removesuffix("[]") for name, _ in parse_qsl(query, keep_blank_values=True)}
    names = sorted({name if name in declared else "*" for name in given})
    role = role_of(exchange.headers)
    return Shape(exchange.operation, exchange.answer.status, role, " ".join(names), _digest(exchange))


def _digest(exchange: Exchange) -> str:
    if "json" not in exchange.answer.headers.get("content-type", ""):
        return exchange.answer.headers.get("content-type", "none").partition(";")[0][:40]
    try:
        outline = _outline(json.loads(exchange.answer.body or b"null"), _DEPTH)
    except (ValueError, RecursionError):
        return "unreadable"
    return hashlib.sha256(json.dumps(outline, sort_keys=True).encode()).hexdigest()[:8]


def _outline(value: Any, depth: int) -> Any:
    """Return which members of which types a value has; a list is as its first element."""
    if isinstance(value, dict):
        return {name: _outline(one, depth - 1) for name, one in value.items()} if depth else "object"
    if isinstance(value, list):
        return [_outline(one, depth) for one in value[:1]]
    return type(value).__name__
