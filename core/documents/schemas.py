"""The old system's schemas, and what of a document it could not read, or not save again.

A service describes those of its collections in `services/<s>/schemas.toml`, a table for each:

    required, defaulted   members that must be there; that may be missing, because the schema fills them in. Neither may be null,
                          and a required text may not be empty: Mongoose then refuses to save the document, whatever was changed.
    string, number, boolean, date, object, mixed, reference, strings, objects, references, mixeds
                          the members of each type; the plurals are arrays. reference: an ObjectId or a text.
    objectid              the references that services look for in that form only; the old system reads both.
    enums                 the words that a member may be.

`_id` (an ObjectId), `createdAt`, `updatedAt` and `__v` are the same everywhere. What a schema does not name may be anything: the
old system keeps and hides it.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec
from bson import ObjectId

_SERVICES = Path(__file__).resolve().parents[2] / "services"


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the old system's schema asks of a collection; see the module."""

    required: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    string: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    boolean: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    mixeds: tuple[str, ...] = ()
    # References that services look for as ObjectIds only.
    objectid: tuple[str, ...] = ()
    enums: dict[str, tuple[str, ...]] = {}

    def types(self) -> dict[str, str]:
        """Return the type of each member, by its name."""
        return {name: kind for kind in _TYPES for name in (*getattr(self, kind), *_EVERYWHERE.get(kind, ()))}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a member of a document: `missing`, `type` or `enum`, and the sentence about it, without the value."""

    member: str
    kind: str
    text: str


@cache
def schemas_of(service: str) -> Mapping[str, Schema]:
    """Return the old system's schemas of the collections of `service`, by name; none for one that it had not."""
    file = _SERVICES / service / "schemas.toml"
    if not file.exists():
        return {}
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), dict[str, Schema])


def faults_of(document: Mapping[str, object], schema: Schema) -> Iterator[Fault]:
    """Yield what the old system could not read of `document`, or not save again."""
    if not isinstance(document.get("_id"), ObjectId):
        yield Fault("_id", "type", f"_id is {_name(document.get('_id'))}, no ObjectId")
    for name in schema.required:
        if document.get(name) in (None, ""):
            yield Fault(name, "missing", f"{name} is required")
    for name in schema.defaulted:
        if name in document and document[name] is None:
            yield Fault(name, "missing", f"{name} may not be null")
    yield from _wrong_types(document, schema)
    for name, words in schema.enums.items():
        value = document.get(name)
        if isinstance(value, str) and value not in words:
            yield Fault(name, "enum", f"{name} is none of {', '.join(words)}")


def _wrong_types(document: Mapping[str, object], schema: Schema) -> Iterator[Fault]:
    for name, kind in schema.types().items():
        value = document.get(name)
        if value is not None and not _TYPES[kind](value):
            yield Fault(name, "type", f"{name} is {_name(value)}, no {_TOLD.get(kind, kind)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_reference(value: object) -> bool:
    return isinstance(value, ObjectId | str)


def _each(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(one is None or fits(one) for one in value)


_EVERYWHERE = {"date": ("createdAt", "updatedAt"), "number": ("__v",)}
_TYPES: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, datetime),
    "object": lambda value: isinstance(value, Mapping),
    "reference": _is_reference,
    "strings": _each(lambda value: isinstance(value, str)),
    "objects": _each(lambda value: isinstance(value, Mapping)),
    "references": _each(_is_reference),
    "mixeds": lambda value: isinstance(value, list),
}
_TOLD = {
    "strings": "array of strings",
    "objects": "array of objects",
    "references": "array of references",
    "mixeds": "array",
}
_NAMES = {str: "text", int: "a number", float: "a number", bool: "true or false", datetime: "a date", list: "an array"}


def _name(value: object) -> str:
    if value is None:
        return "missing"
    return "an object" if isinstance(value, Mapping) else _NAMES.get(type(value), f"of type {type(value).__name__}")
