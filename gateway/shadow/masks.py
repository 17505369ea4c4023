"""Examples of values without what they say about people: their shape stays."""

from typing import Any

from gateway.shadow.contract import words

_LONGEST = 48


def masked(value: Any) -> str:
    """Return the shape of a JSON value: letters become `a` and `A`, digits `9`; values that the contract enumerates stay."""
    if value is ... or value is None or isinstance(value, bool):
        return {...: "(nothing)", True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict):
        return f"an object of {len(value)} members"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, int | float):
        return _shape(repr(value))
    return f'"{value}"' if value in words() else f'"{_shape(value)}"'


def _shape(text: str) -> str:
    shape = "".join(_mark(character) for character in text[:_LONGEST])
    return shape if len(text) <= _LONGEST else f"{shape}... ({len(text)} characters)"


def _mark(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isascii() and character.isprintable() else "?"
