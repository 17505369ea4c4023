"""Members of a document that are computed from others of it, so that indexes can compare them: keys of addresses and phones.

A service lists its own in `services/<s>/derived.py`. The old system knows none of them: what it writes lacks them, or has those
of before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from core.documents.collection import Declared


@dataclass(frozen=True, slots=True)
class Derived:
    """The computed `members` of the live documents of `collection`; deleted ones have none.

    compute: returns those that a document has."""

    collection: Declared
    members: tuple[str, ...]
    compute: Callable[[Mapping[str, object]], Mapping[str, object]]


def derived_of(service: str) -> Mapping[str, Derived]:
    """Return what `service` derives, by collection."""
    module = f"services.{service}.derived"
    found: tuple[Derived, ...] = import_module(module).DERIVED if find_spec(module) else ()
    return {one.collection.name: one for one in found}
