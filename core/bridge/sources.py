"""Which collections the old system writes, too, and what a change of one means. Each app says it in its `bridge.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

import msgspec
from django.utils.module_loading import autodiscover_modules

from core.documents.collection import Declared
from core.events.payloads import State

T = TypeVar("T", bound=Mapping[str, Any])

# What reading a document of an unknown shape raises: members missing, or of another type.
ODD = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """A collection that is exported. snapshot: the payload of its events; publish: records what became of a document, given as
    it was before (None: it is new) and as it is, with its new revision, in the running transaction."""

    collection: Declared[T]
    snapshot: Callable[[T], State]
    publish: Callable[[T | None, T], None]

    def check(self, document: T) -> None:
        """Raise one of ODD for a document that subscribers could not read."""
        payload = self.snapshot(document)
        msgspec.convert(msgspec.to_builtins(payload), type(payload))

    def repairs(self, document: T) -> dict[str, object]:
        """Return the members of ours that are not what they must be, as they must be; None: must not be there."""
        wanted = self.collection.derived(document) if self.collection.derived else {}
        return {name: value for name, value in wanted.items() if document.get(name) != value}


_SOURCES: dict[str, dict[str, Source[Any]]] = {}


def follow(collection: Declared[T], *, snapshot: Callable[[T], State], publish: Callable[[T | None, T], None]) -> None:
    """Let the bridge follow what the old system does to `collection`; see `Source`."""
    _SOURCES.setdefault(collection.service, {})[collection.name] = Source(collection, snapshot, publish)


@cache
def _discover() -> None:
    autodiscover_modules("bridge")


def sources_of(service: str) -> dict[str, Source[dict[str, object]]]:
    """Return the sources of `service` by the names of their collections."""
    _discover()
    return cast(dict[str, Source[dict[str, object]]], _SOURCES.get(service, {}))
