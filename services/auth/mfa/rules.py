"""One-time codes and backup codes (contract/auth-rules.md §9). Pure but for the random generator."""

import re
import secrets
import string
from datetime import datetime

import pyotp
import segno

ISSUER = "DealCycle CRM"
# RFC 6238: steps of 30 s, six digits, SHA-1; one step of drift either way.
STEP_SECONDS, _DRIFT = 30, 1
BACKUP_CODES = 10
_ALPHABET = string.ascii_uppercase + string.digits
_BACKUP = re.compile(r"[A-Z0-9]{8}")
_ONE_TIME = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Return 256 random bits in base32, without padding: authenticators take it as it is."""
    return pyotp.random_base32(52)


def new_backup_codes() -> list[str]:
    """Return ten codes of eight characters."""
    return ["".join(secrets.choice(_ALPHABET) for _ in range(8)) for _ in range(BACKUP_CODES)]


def provisioning_url(secret: str, email: str) -> str:
    """Return the otpauth URL that authenticators read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_image(url: str) -> str:
    """Return `url` as a QR code: an image that a page shows as it is (a data: URL of a PNG)."""
    return str(segno.make(url, error="m", micro=False).png_data_uri(scale=5))


def step_of(secret: str, code: str, moment: datetime) -> int | None:
    """Return the time step that `code` belongs to, or None when it is no code of about now."""
    if not _ONE_TIME.fullmatch(code):
        return None
    clock, current = pyotp.TOTP(secret), int(moment.timestamp()) // STEP_SECONDS
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if secrets.compare_digest(clock.at(step * STEP_SECONDS), code):
            return step
    return None


def is_backup_code(code: str) -> bool:
    """Whether `code` looks like a backup code."""
    return bool(_BACKUP.fullmatch(code))
