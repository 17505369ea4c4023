"""Which passwords are acceptable: the old system's rule (contract/auth-rules.md §8), and what NIST SP 800-63B-4 §3.1.1.2
adds: long ones are taken, common ones and those that hold the own address are not."""

from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase, digits

from django.contrib.auth.password_validation import CommonPasswordValidator

from core.api.checks import Check, is_text

MIN_LENGTH = 8
# Longer ones cost memory and time without adding safety; argon2 itself takes any length.
MAX_LENGTH = 200

CLASSES = (
    "Password must contain at least one uppercase letter, one lowercase letter, one number, and one special character"
)
LENGTH = "Password must be at least 8 characters long"
TOO_LONG = f"Password must be at most {MAX_LENGTH} characters long"
COMMON = "Password is too common"
PERSONAL = "Password must not contain your e-mail address"
# What people write for letters.
_LEET = str.maketrans("@4301!$57", "aaeoiisst")
_SPECIAL = set('!@#$%^&*(),.?":{}|<>')


def has_all_classes(password: object) -> bool:
    """Whether upper and lower case, a digit and a special character are in it."""
    if not isinstance(password, str):
        return False
    tests = (str.isupper, str.islower, str.isdigit, _SPECIAL.__contains__)
    return all(any(test(character) for character in password) for test in tests)


def is_uncommon(password: object) -> bool:
    """Whether neither the password nor its undressed forms stand in Django's list of 20,000 common passwords. What is too
    short or too long anyway passes: that is reported by itself."""
    if not isinstance(password, str) or not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return True
    return not any(form in _common() for form in _undressed(password))


def holds_address(password: str, email: str) -> bool:
    """Whether the name in the address `email` is part of the password."""
    name = email.partition("@")[0].lower()
    return len(name) > 3 and name in password.lower()


def _undressed(password: str) -> Iterator[str]:
    lowered = password.lower()
    for form in (lowered, lowered.translate(_LEET)):
        yield form
        yield _up_to_last(ascii_lowercase + digits, form)
        yield _up_to_last(ascii_lowercase, form)


def _up_to_last(kept: str, text: str) -> str:
    """Return `text` up to its last character among `kept`."""
    end = len(text)
    while end and text[end - 1] not in kept:
        end -= 1
    return text[:end]


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def is_long_enough(password: object) -> bool:
    """Whether it is text of the least length."""
    return is_text(password) and len(str(password)) >= MIN_LENGTH


# In the order in which the old system reported them; its pattern of classes asked for the length too.
PASSWORD_CHECKS: tuple[Check, ...] = (
    (lambda value: has_all_classes(value) and is_long_enough(value), CLASSES),
    (is_long_enough, LENGTH),
)
# What we ask for beyond it.
PASSWORD_LIMITS: tuple[Check, ...] = (
    (lambda value: not is_text(value) or len(value) <= MAX_LENGTH, TOO_LONG),
    (is_uncommon, COMMON),
)
