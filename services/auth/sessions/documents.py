"""What auth stores of sessions."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Belonging, Reference


class Replaced(TypedDict):
    """The token of the old system that a session was opened with, and that ends with it."""

    key: str
    expiresAt: datetime


class SessionDocument(Belonging, total=False):
    """A login. Of refresh tokens there are the digests."""

    userId: Reference | None
    sessionToken: str
    spentTokens: list[str]
    ipAddress: str
    userAgent: str
    deviceInfo: dict[str, str]
    lastActivity: datetime
    expiresAt: datetime
    rotatedAt: datetime
    isActive: bool
    terminatedAt: datetime
    terminationReason: str
    replaces: Replaced
