"""Checks of plain values from outside: what the old system's validators accepted, and what BSON can hold."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

Check = tuple[Callable[[Any], bool], str]

# The old validator's e-mail rule, without its rarest branches: local part, one @, a domain with a dot.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,63}")
# Longer numbers lose precision in the front end (IEEE 754) and overflow BSON's 64 bits.
_LARGEST = 2**53


def is_text(value: object) -> bool:
    """Whether `value` is text without NUL, which BSON keys and many clients cannot carry."""
    return isinstance(value, str) and "\x00" not in value


def is_email(value: Any) -> bool:
    """Whether `value` is an e-mail address."""
    return is_text(value) and len(value) <= 254 and bool(_EMAIL.fullmatch(value))


def is_number(value: object) -> bool:
    """Whether `value` is a finite number that keeps its precision on the way."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def parse_date(value: object) -> datetime | None:
    """Return an ISO 8601 date or date-time as an aware UTC datetime, or None when it is none."""
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
        # At the ends of the calendar another offset leaves it.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_end(value: Any) -> datetime | None:
    """Return the last moment of a period that ends with an ISO 8601 date or date-time, inclusively, or None for anything else. A
    date without time is that whole day in UTC, at MongoDB's resolution."""
    moment = parse_date(value)
    if moment is None or not _is_whole_day(value):
        return moment
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_000)


def _is_whole_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


TEXTS: Check = (is_text, "a string")


def one_of(values: Sequence[str]) -> Check:
    """Return the `each` check of an array whose members are among `values`."""
    return (
        lambda value: isinstance(value, str) and value in values,
        f"one of the following values: {', '.join(values)}",
    )


def is_storable(value: object, depth: int = 0) -> bool:
    """Whether a JSON value can become BSON: no NUL or `$` in keys, no dots, at most 20 levels, sane numbers."""
    if depth > 20:
        return False
    if isinstance(value, Mapping):
        return all(_is_key(key) and is_storable(member, depth + 1) for key, member in value.items())
    if isinstance(value, list):
        return all(is_storable(member, depth + 1) for member in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return is_number(value)
    return value is None or isinstance(value, bool) or is_text(value)


def is_storable_object(value: object) -> bool:
    """Whether `value` is an object that can become BSON."""
    return isinstance(value, Mapping) and is_storable(value)


def _is_key(key: str) -> bool:
    return bool(key) and not key.startswith("$") and "." not in key and "\x00" not in key
