"""Objects inside of a document that a request replaces: what nobody could send stays in them, as it is stored."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T", bound=Mapping[str, Any])

# The members that a request may send of an object; a mapping that is not empty stands for an object with members of its own.
Known = Mapping[str, object]


def keeping(stored: Mapping[str, object], sent: T, known: Known) -> T:
    """Return the changes `sent` of a document. Its objects that `known` describes keep the members which that does not name.

    The contract replaces objects as a whole, so a known member that is not sent goes. But the old system's documents hold members
    of which no client knows: no request means to remove them. Null still clears an object."""
    return cast(T, {name: _kept(stored.get(name), value, known.get(name)) for name, value in sent.items()})


def _kept(stored: object, sent: object, known: object) -> object:
    if not (isinstance(stored, Mapping) and isinstance(sent, Mapping) and isinstance(known, Mapping) and known):
        return sent
    unknown = {name: value for name, value in stored.items() if name not in known}
    return {**unknown, **keeping(stored, sent, known)}
