"""Random secrets and how they are looked up; keys derived from SECRET_KEY, one for each purpose."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from django.conf import settings


def new_secret() -> str:
    """Return a token with 256 random bits, as 64 hexadecimal characters."""
    return secrets.token_hex(32)


def digest(secret: str) -> str:
    """Return the SHA-256 of a random token: safe to store and to look up without salt, as the token cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def box(purpose: str) -> Fernet:
    """Return what encrypts and decrypts stored secrets of `purpose`."""
    return Fernet(base64.urlsafe_b64encode(_key(purpose)))


def keyed_digest(purpose: str, secret: str) -> str:
    """Return a digest by which a short secret can be looked up, and that cannot be guessed from a stolen database."""
    return hmac.new(_key(purpose), secret.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    return hashlib.sha256(f"leadmesh {purpose}:{settings.SECRET_KEY!s}".encode()).digest()
