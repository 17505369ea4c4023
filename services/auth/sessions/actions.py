"""Use cases of sessions: open, renew by rotation, end."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson import ObjectId
from django.conf import settings

from core.api.errors import NotFound, Unauthorized
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.events.outbox import record
from core.events.payloads import AccountActivity, SessionRevoked
from core.identity.access import apply_session_revocation
from services.auth.directory.queries import person_by_id
from services.auth.sessions.models import SESSIONS
from services.auth.sessions.queries import active_session
from services.auth.sessions.rules import device_of, digest, new_secret
from services.auth.tokens.issue import access_token

_SYSTEM = TenantScope.system("sessions belong to people, also to those without tenant")
# Ended sessions stay for audit (auth-rules §10).
_AUDIT = timedelta(days=30)
# Two tabs may renew at once: within this time the loser is refused, not treated as a thief.
_GRACE = timedelta(seconds=10)
# Rotations of one session that are remembered to recognise a stolen token.
_SPENT = 200

_INVALID = "Invalid refresh token"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets for a login or renewal."""

    person: Document
    access: str
    refresh: str | None

    @property
    def expires_in(self) -> int:
        """Lifetime of the access token in seconds."""
        return int(settings.ACCESS_TOKEN_SECONDS)


def open_session(person: Document, origin: Origin) -> Tokens:
    """Open a session for a person who proved who they are. Runs inside the caller's transaction."""
    refresh, moment = new_secret(), now()
    session = SESSIONS.scoped(_SYSTEM).insert_one(
        {
            "_id": ObjectId(),
            "userId": object_id(person["_id"]),
            "tenantId": object_id(person.get("tenantId")),
            "sessionToken": digest(refresh),
            "spentTokens": [],
            "ipAddress": origin.address,
            "userAgent": origin.user_agent,
            "deviceInfo": {"deviceType": device_of(origin.user_agent)},
            "lastActivity": moment,
            "expiresAt": moment + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
            "isActive": True,
        }
    )
    return Tokens(person, access_token(person, str(session["_id"])), refresh)


def renew(refresh: str, origin: Origin) -> Tokens:
    """Exchange a refresh token for new tokens; each works once.

    A spent one ends its whole session, unless it was spent a moment ago. Raises Unauthorized.
    """
    session = SESSIONS.scoped(_SYSTEM).find_one({"sessionToken": digest(refresh), "isActive": True})
    if session is None:
        _end_if_stolen(refresh, origin)
        raise Unauthorized(_INVALID)
    person = _welcome(str(session["userId"]))
    renewed, moment = new_secret(), now()
    change = {
        "$set": {"sessionToken": digest(renewed), "lastActivity": moment, "rotatedAt": moment},
        "$push": {"spentTokens": {"$each": [digest(refresh)], "$slice": -_SPENT}},
    }
    precondition = {
        "_id": session["_id"],
        "sessionToken": digest(refresh),
        "isActive": True,
        "expiresAt": {"$gt": moment},
    }
    if SESSIONS.scoped(_SYSTEM).replace_state(precondition, change) is None:
        raise Unauthorized(_INVALID)
    return Tokens(person, access_token(person, str(session["_id"])), renewed)


@transactional("auth")
def renew_by_access_token(user_id: str, session_id: str | None, origin: Origin) -> Tokens:
    """Exchange an unexpired access token, as the old system did. It stays in its session; a token of the old system,
    which has none, gets one. Raises Unauthorized."""
    person = _welcome(user_id)
    if session_id is None:
        return open_session(person, origin)
    if active_session(session_id) is None:
        raise Unauthorized(_INVALID)
    return Tokens(person, access_token(person, session_id), None)


@transactional("auth")
def end_session(user_id: str, session_id: str, origin: Origin, *, reason: str = "logout") -> None:
    """End one session of a person. Raises NotFound when the person has no such session."""
    query = {"_id": object_id(session_id), "userId": object_id(user_id), "isActive": True}
    if object_id(session_id) is None or not _end(query, user_id, reason):
        raise NotFound("Session not found")
    record_activity(user_id, "logout", "User logged out", origin, {"method": "jwt_logout"})


@transactional("auth")
def log_out(user_id: str, session_id: str | None, origin: Origin) -> None:
    """End the session of the caller's token; a token without session has nothing to end."""
    if session_id and object_id(user_id):
        _end({"_id": object_id(session_id), "userId": object_id(user_id), "isActive": True}, user_id, "logout")
    record_activity(user_id, "logout", "User logged out", origin, {"method": "jwt_logout"})


@transactional("auth")
def end_sessions_of(user_id: str, *, reason: str) -> int:
    """End all sessions of a person and return how many there were."""
    return _end({"userId": object_id(user_id), "isActive": True}, user_id, reason)


def record_activity(
    user_id: str,
    kind: str,
    description: str,
    origin: Origin,
    metadata: dict[str, Any] | None = None,
    *,
    severity: str = "low",
) -> None:
    """Tell users what happened around an account, for its activity log. Test identities have none."""
    if object_id(user_id) is None:
        return
    person = person_by_id(user_id) or {}
    moment = now()
    activity = AccountActivity(
        user_id=user_id,
        tenant_id=person.get("tenantId"),
        type=kind,
        description=description,
        severity=severity,
        metadata=metadata or {},
        ip_address=origin.address,
        user_agent=origin.user_agent,
        performed_at=moment,
    )
    version = int(moment.timestamp() * 1000)
    record("account.activity", activity, entity_id=user_id, version=version, tenant_id=person.get("tenantId"))


def _welcome(user_id: str) -> Document:
    person = person_by_id(user_id)
    if person is None or person["status"] in ("suspended", "inactive"):
        raise Unauthorized(_INVALID)
    return person


def _end_if_stolen(refresh: str, origin: Origin) -> None:
    session = SESSIONS.scoped(_SYSTEM).find_one({"spentTokens": digest(refresh), "isActive": True})
    if session is None:
        return
    latest = session["spentTokens"][-1] == digest(refresh)
    if latest and now() - session["rotatedAt"] < _GRACE:
        return
    _end_stolen(session, origin)


@transactional("auth")
def _end_stolen(session: Document, origin: Origin) -> None:
    user_id = str(session["userId"])
    _end({"_id": session["_id"], "isActive": True}, user_id, "refresh_token_reused")
    text = "A spent refresh token was used again; the session was ended"
    record_activity(user_id, "security_event", text, origin, severity="high")


def _end(query: Document, user_id: str, reason: str) -> int:
    view = SESSIONS.scoped(_SYSTEM)
    ids = [str(session["_id"]) for session in view.find(query, {"_id": 1})]
    if not ids:
        return 0
    moment = now()
    ended = {"isActive": False, "terminatedAt": moment, "terminationReason": reason, "expiresAt": moment + _AUDIT}
    view.update_many(query, {"$set": ended})
    apply_session_revocation("auth", {"sessionIds": ids, "userId": user_id})
    payload = SessionRevoked(session_ids=ids, user_id=user_id, revoked_at=moment)
    version = int(moment.timestamp() * 1000)
    record("session.revoked", payload, entity_id=user_id, version=version, tenant_id=None)
    return len(ids)
