"""Members that no schema of ours names, of every BSON type and nested, as years of releases left them in old documents."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

# By this their names begin.
MARK = "zz"
_DEEPEST = 3


def value(draw: random.Random, depth: int = 0) -> Any:
    """Return a random value; objects and arrays are at most three deep."""
    kinds = [*_SCALARS, *((_array, _object) if depth < _DEEPEST else ())]
    kind = draw.choice(kinds)
    return kind(draw, depth) if kind in (_array, _object) else kind(draw)


def members(draw: random.Random, depth: int = 0) -> dict[str, Any]:
    """Return one to four members with random names and values."""
    names = [
        f"{MARK}{draw.choice(('Legacy code', '_id', 'Größe', 'crm', '0', 'Ref'))}{n}" for n in range(draw.randint(1, 4))
    ]
    return {name: value(draw, depth) for name in names}


def sprinkled(draw: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with such members in itself and in every object in it, at any depth and in arrays, too."""
    return {name: _within(draw, held) for name, held in document.items()} | members(draw)


def _within(draw: random.Random, held: Any) -> Any:
    if isinstance(held, dict):
        return sprinkled(draw, held)
    return [_within(draw, one) for one in held] if isinstance(held, list) else held


def typed(held: Any) -> Any:
    """Return `held` so that equality means the same BSON types, in the same order."""
    if isinstance(held, dict):
        return ("object", [(name, typed(inner)) for name, inner in held.items()])
    if isinstance(held, list):
        return ("array", [typed(one) for one in held])
    if isinstance(held, datetime):
        # The stand-in's driver and ours name UTC differently.
        return ("date", held.timestamp())
    return (type(held).__name__, repr(held))


def planted(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and typed value of every sprinkled member. The path has no index of an array: entries may come before others."""
    if isinstance(document, list):
        for one in document:
            yield from planted(one, f"{path}[]")
    elif isinstance(document, dict):
        for name, held in document.items():
            if name.startswith(MARK):
                yield f"{path}.{name}", typed(held)
            else:
                yield from planted(held, f"{path}.{name}")


def _array(draw: random.Random, depth: int) -> Any:
    return [value(draw, depth + 1) for _ in range(draw.randint(0, 3))]


def _object(draw: random.Random, depth: int) -> Any:
    return members(draw, depth + 1) if draw.random() < 0.9 else {}


_SCALARS = (
    lambda draw: None,
    lambda draw: draw.random() < 0.5,
    lambda draw: draw.randint(-100, 100),
    lambda draw: Int64(draw.randint(-100, 100)),
    lambda draw: Int64(draw.randint(2**40, 2**62)),
    lambda draw: float(draw.randint(-9, 9)),
    lambda draw: draw.uniform(-1e9, 1e9),
    lambda draw: Decimal128(Decimal(draw.randint(1, 10**9)).scaleb(-2)),
    lambda draw: datetime(1960, 1, 1, tzinfo=UTC) + timedelta(milliseconds=draw.randint(0, 10**13)),
    lambda draw: draw.randbytes(6),
    lambda draw: Binary(draw.randbytes(16), 3),
    lambda draw: Binary(draw.randbytes(16), 4),
    lambda draw: ObjectId(draw.randbytes(12)),
    lambda draw: Regex("^a.*b$", "i"),
    lambda draw: Timestamp(draw.randint(1, 10**9), draw.randint(1, 9)),
    lambda draw: Code("function () { return 1; }"),
    lambda draw: draw.choice((MinKey(), MaxKey())),
    lambda draw: draw.choice(("", "text", "Straße 日本 🏠", "64b000000000000000000001", "2024-01-01T00:00:00.000Z")),
)
