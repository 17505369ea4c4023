"""What auth stores of passwords."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Reference, Stamped, Stored


class ProposedAddress(TypedDict):
    """Another address that a person asked for, until it is confirmed; good as long as the password is the same."""

    email: str
    token: str
    expiresAt: datetime
    passwordChangedAt: datetime | None


class CredentialDocument(Stamped, total=False):
    """How a user logs in, under the user's id. Tokens are stored as digests."""

    _id: str
    email: str
    passwordHash: str
    passwordChangedAt: datetime
    emailVerifiedAt: datetime | None
    lastLoginAt: datetime
    verificationToken: str | None
    verificationExpiresAt: datetime
    newEmail: ProposedAddress


class ResetTokenDocument(Stored, total=False):
    """The digest of a mailed token that opens a new password, once."""

    userId: Reference | None
    email: str
    token: str
    expiresAt: datetime
    usedAt: datetime | None
    ipAddress: str
    userAgent: str


class Registration(TypedDict):
    """The body that opens an account."""

    email: str
    password: str
    firstName: str
    lastName: str
    companyName: str
