"""What auth stores of people, and of their second factors."""

from datetime import datetime

from core.documents.shapes import Belonging, Copied, Reference


class PersonDocument(Copied, total=False):
    """A copy of a user, from events of the service users; `emailKey`, `mfaEnabled` and `emailVerifiedAt` are added here."""

    email: str
    emailKey: str
    firstName: str
    lastName: str
    displayName: str | None
    picture: str | None
    status: str
    roles: list[str]
    permissions: list[str]
    settings: dict[str, object]
    googleId: str | None
    emailVerifiedAt: datetime | None
    mfaEnabled: bool


class FactorDocument(Belonging, total=False):
    """A person's second factor: the secret encrypted, of the backup codes the digests."""

    userId: Reference
    secret: str
    backupCodes: list[str]
    usedBackupCodes: list[str]
    isEnabled: bool
    isVerified: bool
    verifiedAt: datetime | None
    lastUsedAt: datetime | None
    failedAttempts: int
    lockedUntil: datetime | None
    lastStep: int
