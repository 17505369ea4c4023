"""Rules of invitations (contract/users-rules.md §9). Pure."""

import hashlib
import secrets
from datetime import timedelta

LIFETIME = timedelta(days=7)
STATUSES = ("pending", "accepted", "expired", "cancelled")


def new_token() -> str:
    """Return a token with 256 random bits, as 64 hexadecimal characters."""
    return secrets.token_hex(32)


def digest(token: str) -> str:
    """Return what is stored of a token: its SHA-256. The token cannot be guessed, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
