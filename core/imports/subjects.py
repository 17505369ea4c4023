"""What is imported: its fields, the names that their columns have in people's files, and how a cell becomes a value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SIGNS = re.compile("[^a-z0-9]")


class Refused(ValueError):
    """A cell that is not taken; the text says why. Its row is."""


class Broken(ValueError):
    """A cell that keeps its whole row out; the text says why."""


def plain(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case: what it is known by."""
    return _SIGNS.sub("", name.lower())


def choice(name: str, allowed: Sequence[str], default: str) -> Callable[[str], str]:
    """Return the reader of a word among `allowed`; the refusal of others names the default that new documents get."""

    def read(text: str) -> str:
        word = text.lower().replace(" ", "_").replace("-", "_")
        if word not in allowed:
            raise Refused(f"Unknown {name} {text[:40]!r}: {default}")
        return word

    return read


@dataclass(frozen=True)
class Field:
    """A field that a column can be.

    path: where a document has it. limit: characters of a cell; longer ones are looked at no further. others: names of the column
    beside `name` and `title`, as `plain` has them, the best first. spare: the field of a second filled cell. fills: fields that
    are made of this one. numbers: the lowest and highest number, for fields that are one.
    """

    name: str
    path: str
    title: str = ""
    others: tuple[str, ...] = ()
    limit: int = 200
    read: Callable[[str], Any] = str
    show: Callable[[Any], str] = str
    spare: str = ""
    fills: tuple[str, ...] = ()
    numbers: tuple[float, float] | None = None


@dataclass(frozen=True)
class Subject:
    """A kind of document that files hold.

    untaken: columns that are never taken, by `plain` name, with the reason. fronts: words before a name that change nothing
    ("Owner 1 First Name"). places: words before the parts of an address, one tuple for each address that a file may hold, the
    best first; only the parts of one of them, completed by those of the first, are the document's.
    """

    fields: tuple[Field, ...]
    required: tuple[str, ...]
    untaken: Mapping[str, str]
    fronts: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    places: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def names(self) -> dict[str, tuple[str, int]]:
        """Field and rank (0 is best) of every name that a column may have, addresses aside."""
        found: dict[str, tuple[str, int]] = {}
        for front_rank, front in enumerate(("", *self.fronts)):
            for field in self.fields:
                if field.name in self.address and front:
                    continue
                own = [plain(field.name), *([plain(field.title)] if field.title else [])]
                for rank, other in enumerate([*own, *field.others]):
                    found.setdefault(front + other, (field.name, front_rank * 100 + max(0, rank - len(own) + 1)))
        return found

    @cached_property
    def address_names(self) -> list[dict[str, str]]:
        """For each address that a file may hold the field of every name that its parts may have."""
        parts = {other: name for name in self.address for other in (plain(name), *self.by_name[name].others)}
        return [{front + part: name for front in fronts for part, name in parts.items()} for fronts in self.places]

    def field_of(self, name: str) -> tuple[str, int] | None:
        """Return field and rank of a column's name, addresses aside; None for an unknown name."""
        key = plain(name)
        return self.names.get(key) or (self.names.get(key.removesuffix("1")) if key.endswith("1") else None)
