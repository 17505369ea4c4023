"""Which passwords are acceptable (contract/auth-rules.md §8)."""

from core.api.checks import Check, is_text

MIN_LENGTH = 8
# Longer ones cost memory and time without adding safety; argon2 itself takes any length.
MAX_LENGTH = 200

CLASSES = (
    "Password must contain at least one uppercase letter, one lowercase letter, one number, and one special character"
)
LENGTH = "Password must be at least 8 characters long"
TOO_LONG = f"Password must be at most {MAX_LENGTH} characters long"
_SPECIAL = set('!@#$%^&*(),.?":{}|<>')


def has_all_classes(password: object) -> bool:
    """Whether upper and lower case, a digit and a special character are in it."""
    if not isinstance(password, str):
        return False
    tests = (str.isupper, str.islower, str.isdigit, _SPECIAL.__contains__)
    return all(any(test(character) for character in password) for test in tests)


# In the order in which the old system reported them.
PASSWORD_CHECKS: tuple[Check, ...] = (
    (has_all_classes, CLASSES),
    (lambda value: is_text(value) and len(value) >= MIN_LENGTH, LENGTH),
    (lambda value: is_text(value) and len(value) <= MAX_LENGTH, TOO_LONG),
)
