"""Readers of environment variables that refuse what they do not understand.

Every value may come from `NAME` or, for mounted secrets, from the file named by `NAME_FILE`.
"""

import os
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the variable `name`, or the content of the file `NAME_FILE`, or `default` when neither is set or both
    are empty. Raises ImproperlyConfigured when the file cannot be read or both are given."""
    value, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and file:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if not file:
        return value or default
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={file} cannot be read: {error.strerror}.") from error


def boolean(name: str, default: bool) -> bool:
    """Return `name` as a boolean. Raises ImproperlyConfigured for a word that is neither true nor false."""
    value = text(name).lower()
    if not value:
        return default
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not a boolean: use true or false.")
    return value in _TRUE


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """Return `name` as a whole number of at least `minimum`. Raises ImproperlyConfigured otherwise."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name}={number} is below {minimum}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """Return `name`, a comma-separated list, as its non-empty parts."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    """Return `name`, one of `allowed`. Raises ImproperlyConfigured for any other word."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(allowed)}.")
    return value


def secret(name: str, development_default: str, *, environment: str) -> str:
    """Return the secret `name`. In development and test a missing one is `development_default`; anywhere else a
    missing, default or short one (under 32 characters) raises ImproperlyConfigured: the process refuses to start."""
    value = text(name)
    if environment != "production":
        return value or development_default
    if not value or value == development_default:
        raise ImproperlyConfigured(f"{name} must be set to a secret of its own outside development.")
    if len(value) < 32:
        raise ImproperlyConfigured(f"{name} is too short: use at least 32 characters.")
    return value


def optional_secret(name: str, *, environment: str) -> str:
    """Return the secret `name`, empty when there is none. Raises ImproperlyConfigured for a short one in production."""
    return secret(name, "", environment=environment) if text(name) else ""


def refuse_equal(secrets: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured when two of `secrets` (name to value) are the same: a thief of one would have both."""
    for (name, value), (other, its_value) in combinations(secrets.items(), 2):
        if value == its_value:
            raise ImproperlyConfigured(f"{name} and {other} have the same value: each needs a secret of its own.")
