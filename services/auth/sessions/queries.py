"""Reads of sessions, by their owner."""

from typing import Any

from core.documents.collection import now
from core.documents.ids import object_id
from services.auth.sessions.documents import SessionDocument
from services.auth.sessions.models import SESSIONS
from services.auth.sessions.rules import device_of

_SHOWN = {"ipAddress": 1, "userAgent": 1, "lastActivity": 1, "createdAt": 1}
# Users have fewer devices; the list is for people to read.
_MOST = 100


def active_sessions(user_id: str, current_id: str | None) -> list[dict[str, Any]]:
    """Return the person's own sessions for the wire, the latest active first."""
    query = {"userId": object_id(user_id) or user_id, "isActive": True, "expiresAt": {"$gt": now()}}
    found = SESSIONS.find(query, _SHOWN, sort=[("lastActivity", -1)], limit=_MOST)
    return [_shown(session, current_id) for session in found]


def active_session(session_id: str) -> SessionDocument | None:
    """Return a session that was neither ended nor expired, or None."""
    query = {"_id": object_id(session_id) or session_id, "isActive": True, "expiresAt": {"$gt": now()}}
    return SESSIONS.find_one(query)


def _shown(session: SessionDocument, current_id: str | None) -> dict[str, Any]:
    return {
        "id": str(session["_id"]),
        "device": device_of(session["userAgent"]),
        "ip": session["ipAddress"],
        "userAgent": session["userAgent"],
        "lastActive": session["lastActivity"],
        "current": str(session["_id"]) == current_id,
    }
