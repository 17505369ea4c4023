"""Use cases of sessions: open, renew by rotation, extend, end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from bson import ObjectId
from django.conf import settings

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.transactions import transactional
from core.errors import NotFound, Unauthorized
from core.events.outbox import record
from core.events.payloads import SessionRevoked
from core.identity.access import apply_session_revocation
from core.identity.crypto import digest, new_secret
from core.identity.principals import Principal
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import person_by_id
from services.auth.sessions.documents import SessionDocument
from services.auth.sessions.models import SESSIONS
from services.auth.sessions.queries import active_session
from services.auth.sessions.rules import device_of, session_limit
from services.auth.tokens.issue import access_token

# Ended sessions stay for audit (auth-rules §10).
_AUDIT = timedelta(days=30)
# Two tabs may renew at once: within this time the loser is refused, not treated as a thief.
_GRACE = timedelta(seconds=10)
# Rotations of one session that are remembered to recognise a stolen token.
_SPENT = 200

_INVALID = "Invalid refresh token"
_NONE: Mapping[str, datetime] = MappingProxyType({})
# The settings may let tokens last for ever.
_LATEST = datetime(3000, 1, 1, tzinfo=UTC).timestamp()


_LOGOUT = Happening("logout", "User logged out", "logout")
_ALL_ENDED = Happening("session_terminated", "All sessions ended")
_DISPLACED = Happening("session_terminated", "The oldest session made room for a new one", activity=None)
_REUSED = Happening(
    "suspicious_activity",
    "A spent refresh token was used again; the session was ended",
    severity="high",
    outcome="warning",
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets for a login or renewal."""

    person: PersonDocument
    access: str
    refresh: str | None

    @property
    def expires_in(self) -> int:
        """Lifetime of the access token in seconds."""
        return int(settings.ACCESS_TOKEN_SECONDS)


def open_session(person: PersonDocument, origin: Origin, *, replaces: Principal | None = None) -> Tokens:
    """Open a session for a person who proved who they are; when they have as many as their role allows, the oldest
    ends. `replaces`: a token of the old system that it was opened with, and that will end with it. Runs inside the
    caller's transaction."""
    _make_room(person, origin)
    refresh, moment = new_secret(), now()
    session = SESSIONS.insert_one(
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
            **({"replaces": {"key": replaces.token_key, "expiresAt": _end_of(replaces)}} if replaces else {}),
        }
    )
    return Tokens(person, access_token(person, str(session["_id"])), refresh)


def _make_room(person: PersonDocument, origin: Origin) -> None:
    own = {"userId": object_id(person["_id"]), "isActive": True}
    most = session_limit(person.get("roles") or ())
    newest_first = SESSIONS.find(own, {"_id": 1}, sort=[("lastActivity", -1)], skip=most - 1)
    surplus = [session["_id"] for session in newest_first]
    if surplus and _end({"_id": {"$in": surplus}, "isActive": True}, person["_id"], "displaced"):
        note(person["_id"], _DISPLACED, origin, sessions=len(surplus))


def renew(refresh: str, origin: Origin) -> Tokens:
    """Exchange a refresh token for new tokens; each works once.

    A spent one ends its whole session, unless it was spent a moment ago. Raises Unauthorized.
    """
    session = SESSIONS.find_one({"sessionToken": digest(refresh), "isActive": True})
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
    if not SESSIONS.update_one(precondition, change):
        raise Unauthorized(_INVALID)
    return Tokens(person, access_token(person, str(session["_id"])), renewed)


@transactional("auth")
def renew_by_access_token(caller: Principal, origin: Origin) -> Tokens:
    """Exchange an unexpired access token, as the old system did. It stays in its session; a token of the old system,
    which has none, gets one. Raises Unauthorized."""
    person = _welcome(caller.user_id)
    if caller.session_id is None:
        return open_session(person, origin, replaces=caller)
    if active_session(caller.session_id) is None:
        raise Unauthorized(_INVALID)
    return Tokens(person, access_token(person, caller.session_id), None)


@transactional("auth")
def end_session(user_id: str, session_id: str, origin: Origin, *, reason: str = "logout") -> None:
    """End one session of a person. Raises NotFound when the person has no such session."""
    query = {"_id": object_id(session_id), "userId": object_id(user_id), "isActive": True}
    if object_id(session_id) is None or not _end(query, user_id, reason):
        raise NotFound("Session not found")
    note(user_id, _LOGOUT, origin, method="jwt_logout")


@transactional("auth")
def log_out(caller: Principal, origin: Origin) -> None:
    """End the session of the caller's token, or the token itself when it is one of the old system, without session."""
    user_id = caller.user_id
    if caller.session_id and object_id(user_id):
        _end({"_id": object_id(caller.session_id), "userId": object_id(user_id), "isActive": True}, user_id, "logout")
    elif caller.expires_at:
        _revoke(user_id, tokens={caller.token_key: _end_of(caller)})
    note(user_id, _LOGOUT, origin, method="jwt_logout")


@transactional("auth")
def end_sessions_of(user_id: str, *, reason: str, keep: str | None = None) -> int:
    """End all sessions of a person but `keep` (the id of one), and return how many there were. Tokens of the old system,
    which have no session, end as well."""
    query: Document = {"userId": object_id(user_id), "isActive": True}
    if keep:
        query["_id"] = {"$ne": object_id(keep)}
    ended = _end(query, user_id, reason)
    _revoke(user_id, until=now())
    return ended


@transactional("auth")
def end_sessions_elsewhere(user_id: str, tenant_id: str | None) -> int:
    """End a person's sessions in tenants other than `tenant_id`, and return how many there were. A session from before the
    person had a tenant goes on."""
    elsewhere = {"$nin": [None, object_id(tenant_id)]}
    return _end({"userId": object_id(user_id), "isActive": True, "tenantId": elsewhere}, user_id, "tenant_left")


@transactional("auth")
def end_all(user_id: str, origin: Origin, *, reason: str) -> None:
    """End all sessions at their owner's wish."""
    ended = end_sessions_of(user_id, reason=reason)
    note(user_id, _ALL_ENDED, origin, sessions=ended, reason=reason)


@transactional("auth")
def extend(user_id: str, session_id: str) -> SessionDocument:
    """Push the end of the person's session back to a full lifetime from now, no further than `SESSION_MAX_SECONDS` after
    its login, and return the session. Raises Unauthorized when it has ended."""
    query = {"_id": object_id(session_id), "userId": object_id(user_id), "isActive": True}
    session = SESSIONS.find_one(query)
    moment = now()
    if session is None or session["expiresAt"] <= moment:
        raise Unauthorized("Unauthorized")
    latest = session["createdAt"] + timedelta(seconds=settings.SESSION_MAX_SECONDS)
    wanted = min(moment + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS), latest)
    end = max(session["expiresAt"], wanted)
    change = {"$set": {"expiresAt": end, "lastActivity": moment}}
    return SESSIONS.update_and_get(query, change) or session


def _welcome(user_id: str) -> PersonDocument:
    person = person_by_id(user_id)
    if person is None or person["status"] in ("suspended", "inactive"):
        raise Unauthorized(_INVALID)
    return person


def _end_if_stolen(refresh: str, origin: Origin) -> None:
    session = SESSIONS.find_one({"spentTokens": digest(refresh), "isActive": True})
    if session is None:
        return
    latest = session["spentTokens"][-1] == digest(refresh)
    if latest and now() - session["rotatedAt"] < _GRACE:
        return
    _end_stolen(session, origin)


@transactional("auth")
def _end_stolen(session: SessionDocument, origin: Origin) -> None:
    user_id = str(session["userId"])
    _end({"_id": session["_id"], "isActive": True}, user_id, "refresh_token_reused")
    note(user_id, _REUSED, origin, sessionId=str(session["_id"]))


def _end(query: Mapping[str, object], user_id: str, reason: str) -> int:
    found = list(SESSIONS.find(query, {"replaces": 1}))
    if not found:
        return 0
    moment = now()
    ended: SessionDocument = {"isActive": False, "terminatedAt": moment, "terminationReason": reason}
    SESSIONS.update_many(query, sets={**ended, "expiresAt": moment + _AUDIT})
    tokens = {old["key"]: old["expiresAt"] for old in (session.get("replaces") for session in found) if old}
    _revoke(user_id, [str(session["_id"]) for session in found], tokens=tokens)
    return len(found)


def _revoke(
    user_id: str, ids: Sequence[str] = (), *, tokens: Mapping[str, datetime] = _NONE, until: datetime | None = None
) -> None:
    """Let every service refuse tokens: of the sessions `ids`, those without session named in `tokens` (and when each would
    have expired), and every one without session that was made `until` then."""
    payload = SessionRevoked(
        session_ids=list(ids), user_id=user_id, revoked_at=now(), tokens=dict(tokens), tokens_until=until
    )
    apply_session_revocation("auth", payload.members())
    record("session.revoked", payload, entity_id=user_id)


def _end_of(caller: Principal) -> datetime:
    return datetime.fromtimestamp(min(caller.expires_at, _LATEST), UTC)
