"""Whether a copy of another service's document is to be written, and how copies compare with their owner's documents."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from core.documents.database import Document

MISSING, STALE, CURRENT = "missing", "stale", "current"


@dataclass
class Comparison:
    """A pass over an owner's documents. `counts` says how many copies were missing, stale and current; `collections`
    which ones hold copies of this kind. Unless it `heals`, nothing is written."""

    heals: bool
    counts: Counter[str] = field(default_factory=Counter)
    collections: set[str] = field(default_factory=set)


_running: ContextVar[Comparison | None] = ContextVar("leadmesh_comparison", default=None)


@contextmanager
def comparing(comparison: Comparison) -> Iterator[Comparison]:
    """Let every write of a copy inside the block be compared first and counted."""
    token = _running.set(comparison)
    try:
        yield comparison
    finally:
        _running.reset(token)


def is_wanted(before: Mapping[str, Any] | None, version: int, fields: Document, collection: str = "") -> bool:
    """Whether `fields` of the owner's revision `version` should be written over the copy `before` (None: there is none).

    Usually newer revisions win. In a comparison the content decides, unless the copy is newer: a revision may change nothing
    of what is copied, and one that was written past its owner, as the old system does on a shared database, or damaged in the
    copy, has no newer number.
    """
    comparison = _running.get()
    held = -1 if before is None else before.get("version", -1)
    if before is None:
        verdict = MISSING
    elif held < version if comparison is None else held <= version and _differs(before, fields):
        verdict = STALE
    else:
        verdict = CURRENT
    if comparison is None:
        return verdict != CURRENT
    comparison.counts[verdict] += 1
    if collection:
        comparison.collections.add(collection)
    return verdict != CURRENT and comparison.heals


def _differs(before: Mapping[str, object], fields: Mapping[str, object]) -> bool:
    return any(before.get(name) != value for name, value in fields.items())
