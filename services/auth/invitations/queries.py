"""Reads of invitations, by their token."""

from core.documents.collection import now
from core.documents.database import Document
from core.identity.crypto import digest
from services.auth.invitations.documents import OpenInvitationDocument
from services.auth.invitations.models import INVITATIONS


def open_query(token: str) -> Document:
    """Return the filter of the invitation that `token` opens: pending and not expired."""
    return {"tokenDigest": digest(token), "status": "pending", "expiresAt": {"$gt": now()}}


def open_invitation(token: str) -> OpenInvitationDocument | None:
    """Return the invitation that `token` opens now, or None."""
    return INVITATIONS.find_one(open_query(token))
