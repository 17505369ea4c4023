"""Password hashes: argon2id for new ones, bcrypt accepted until the next login."""

import threading

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second argon2id choice: 19 MiB, two passes, one lane (Password Storage Cheat Sheet, 2025).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Each hash takes 19 MiB and a core: a storm of logins must queue here, not starve every other request.
_AT_ONCE = threading.BoundedSemaphore(4)
# bcrypt reads no further, and newer versions of the library refuse longer input.
_BCRYPT_BYTES = 72


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether `password` belongs to the hash `stored` (argon2id, or bcrypt of the old system)."""
    with _AT_ONCE:
        if is_old(stored):
            return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], stored.encode())
        try:
            return _HASHER.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def is_old(stored: str) -> bool:
    """Whether `stored` is of the old system's kind, whose check takes many times as long."""
    return stored.startswith("$2")


def needs_rehash(stored: str) -> bool:
    """Whether `stored` should be replaced now that the password is known."""
    return is_old(stored) or _HASHER.check_needs_rehash(stored)


# Verified when the user is unknown, so that both answers take the same time.
UNKNOWN = _HASHER.hash("no account has this password")
# The same of the old system's kind.
OLD_UNKNOWN = "$2b$12$YHJuN/xpebp5E7nZND1Mme3vZ8Ej4EuoaDAUDPrN27AVXS5a8fgu."
