"""Checks of plain values from outside: what the old system's validators accepted, and what BSON can hold."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from core.documents.ids import object_id

Check = tuple[Callable[[Any], bool], str]

# The old validator's rules (validator.js), without letters beyond ASCII, quotes and the rarest branches.
_LABEL = "(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z]{{2,63}}"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MONTH = re.compile("[0-9]{4}(-[0-9]{2})?")
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_URL = re.compile(
    rf"(?!mailto:)(?:(?:https?|ftp)://)?(?:[^\s<>/@?#]+@)?(?:{_DOMAIN}|(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}})(?::[0-9]{{1,5}})?(?:[/?#][^\s<>]*)?",
    re.IGNORECASE,
)
# Longer numbers lose precision in the front end (IEEE 754) and overflow BSON's 64 bits.
_LARGEST = 2**53


def is_text(value: object) -> bool:
    """Whether `value` is text without NUL, which BSON keys and many clients cannot carry."""
    return isinstance(value, str) and "\x00" not in value


def is_email(value: Any) -> bool:
    """Whether `value` is an e-mail address."""
    return is_text(value) and len(value) <= 254 and bool(_EMAIL.fullmatch(value))


def is_url(value: Any) -> bool:
    """Whether `value` is the address of a page: http, https, ftp or no scheme, a domain with a dot or an IP address."""
    return is_text(value) and len(value) < 2083 and bool(_URL.fullmatch(value))


def is_mongo_id(value: Any) -> bool:
    """Whether `value` is the text of an ObjectId."""
    return isinstance(value, str) and object_id(value) is not None


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_precise(value: Any) -> bool:
    """Whether a number keeps its precision on the way; anything else has none to lose."""
    return not is_number(value) or abs(value) <= _LARGEST


def parse_date(value: Any) -> datetime | None:
    """Return an ISO 8601 date or date-time as an aware UTC datetime, or None when it is none. A year or a month is its
    first day."""
    if not isinstance(value, str):
        return None
    text = f"{value}-01-01"[:10] if _MONTH.fullmatch(value) else value
    if len(text) < 10:
        return None
    try:
        moment = datetime.fromisoformat(text)
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
# Limits: of text and numbers only, other values have been told what they are not.
NOT_BLANK: Check = (lambda value: not is_text(value) or bool(value.strip()), "$property should not be empty")
MONGO_ID: Check = (is_mongo_id, "$property must be a mongodb id")
NOT_NEGATIVE: Check = (lambda value: not is_number(value) or value >= 0, "$property must not be less than 0")


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
        return is_number(value) and is_precise(value)
    return value is None or isinstance(value, bool) or is_text(value)


def _is_key(key: str) -> bool:
    return bool(key) and not key.startswith("$") and "." not in key and "\x00" not in key
