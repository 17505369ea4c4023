"""Access changes take effect on every service within seconds, without a call to another service.

Entries are read once and kept in memory; every two seconds one query asks which entries changed and forgets those.
So a cached token costs no round trip, and a suspended user is out two seconds after the event arrived.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from django.conf import settings

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.transactions import on_commit
from core.errors import OUTSIDER, AuthenticationFailed, Forbidden
from core.identity.principals import Principal
from core.identity.tables import ACCESS, expiry

REFRESH_SECONDS = 2.0
# Entries are stamped by the worker's clock and become visible at commit: look back further than either can differ.
_OVERLAP = timedelta(seconds=10)
_MEMORY_ENTRIES = 20_000


class AccessMemory:
    """The entries that this process has seen, forgotten when they change."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Document | None] = OrderedDict()
        # Counts evictions: an entry that was read before one may be older than the change.
        self._forgotten = 0
        self._checked = float("-inf")
        self._lock = threading.Lock()

    def get(self, entry_id: str) -> Document | None:
        """Return the entry `entry_id` as of at most two seconds ago, or None when there is none."""
        self._forget_changed()
        with self._lock:
            if entry_id in self._entries:
                self._entries.move_to_end(entry_id)
                return self._entries[entry_id]
            before = self._forgotten
        entry = ACCESS.find_one(settings.SERVICES[0], entry_id)
        with self._lock:
            if self._forgotten == before:
                self._entries[entry_id] = entry
            while len(self._entries) > _MEMORY_ENTRIES:
                self._entries.popitem(last=False)
        return entry

    def forget(self) -> None:
        """Empty the memory: after a change in this process, and between tests."""
        with self._lock:
            self._entries.clear()
            self._forgotten += 1
            self._checked = float("-inf")

    def _forget_changed(self) -> None:
        with self._lock:
            if time.monotonic() - self._checked < REFRESH_SECONDS:
                return
            self._checked = time.monotonic()
        # A failure ends the request: the driver has waited for a database, and would for the request's own query again.
        changed = ACCESS.changed_since(settings.SERVICES[0], now() - _OVERLAP)
        with self._lock:
            self._forgotten += 1
            for entry_id in changed:
                self._entries.pop(entry_id, None)


memory = AccessMemory()


def check(principal: Principal) -> Principal:
    """Return `principal` with the roles, tenant name and permissions that hold now.

    Raises AuthenticationFailed when its session or the token itself was ended, its key was revoked, or its user is
    suspended, inactive or deleted (the texts of auth-rules §3), Forbidden when its user has left its tenant, or that is
    not active (users-rules §5).
    """
    if object_id(principal.user_id) is None and not settings.TEST_MODE:
        raise AuthenticationFailed("Token validation failed")
    user = memory.get(f"user:{principal.user_id}")
    newer = user is not None and _is_newer(user, principal)
    if user and newer:
        # First: it ends sessions and tokens as well, and the contract has a sentence of its own for it.
        _refuse_unwelcome(user["status"])
    if _is_revoked(principal):
        raise AuthenticationFailed("Unauthorized")
    if user:
        # No token carries them, however new it is.
        principal = replace(principal, extra_permissions=tuple(user.get("permissions") or ()))
    if user and newer:
        principal = _up_to_date(principal, user)
    if principal.tenant_id:
        principal = _with_tenant(principal, memory.get(f"tenant:{principal.tenant_id}"))
    return principal


def _up_to_date(principal: Principal, user: Document) -> Principal:
    tenant_id = user.get("tenantId", principal.tenant_id)
    if principal.tenant_id and tenant_id != principal.tenant_id:
        # A token from before its owner left a tenant opens it no more, nor another one.
        raise Forbidden(OUTSIDER)
    # A token from before its owner joined a tenant works there without a new login.
    return replace(principal, roles=tuple(user["roles"]), status=user["status"], tenant_id=tenant_id)


def _is_revoked(principal: Principal) -> bool:
    if principal.key_id and memory.get(f"key:{principal.key_id}"):
        return True
    if principal.session_id:
        return memory.get(f"session:{principal.session_id}") is not None
    # A token of the old system: it has no session that could end.
    ended = memory.get(f"tokens:{principal.user_id}")
    if ended and principal.issued_at <= ended["until"].timestamp():
        return True
    return memory.get(f"token:{principal.token_key}") is not None


def _is_newer(user: Document, principal: Principal) -> bool:
    """Whether an entry is newer than the token: a token made from a later revision must not be overruled by an event
    that is still on its way here."""
    return principal.revision is None or user.get("version", 0) > principal.revision


def _refuse_unwelcome(status: str) -> None:
    if status in ("suspended", "inactive"):
        raise AuthenticationFailed(f"User account is {status}")
    if status == "deleted":
        raise AuthenticationFailed("Token validation failed")


def _with_tenant(principal: Principal, tenant: Document | None) -> Principal:
    if tenant is None:
        return principal
    insider = principal.user_id in (tenant.get("ownerId"), *tenant.get("adminIds", ()))
    usable = tenant["status"] == "active" or (tenant["status"] == "pending" and insider)
    if tenant.get("deleted") or not (usable or principal.is_operator):
        raise Forbidden("Invalid or inactive tenant")
    return replace(principal, tenant_name=tenant.get("name") or principal.tenant_name)


def tenant_entry(tenant_id: str) -> Document | None:
    """Return what this service knows of a tenant: {uuid, name, subdomain, status, ownerId, adminIds, deleted}."""
    return memory.get(f"tenant:{tenant_id}")


def apply_access_change(service: str, payload: Mapping[str, object], version: int) -> None:
    """Store the status, roles and tenant of a user, from the event `access.changed`."""
    # A payload that says nothing of the tenant must not read as one whose person has left it.
    fields: Document = {key: payload[key] for key in ("status", "roles", "tenantId", "permissions") if key in payload}
    ACCESS.save(service, f"user:{payload['userId']}", fields, version=version)
    on_commit(memory.forget)


def apply_session_revocation(service: str, payload: Document) -> None:
    """Remember ended sessions and tokens until they would have expired, from the event `session.revoked`.

    payload: `sessionIds`, `userId`; `tokens` ({key: end}) and `tokensUntil` for tokens without session."""
    user_id = payload["userId"]
    for session_id in payload["sessionIds"]:
        fields = {"userId": user_id, "expiresAt": expiry(settings.ACCESS_TOKEN_SECONDS)}
        ACCESS.save(service, f"session:{session_id}", fields)
    for key, end in (payload.get("tokens") or {}).items():
        ACCESS.save(service, f"token:{key}", {"userId": user_id, "expiresAt": end + _OVERLAP})
    until = payload.get("tokensUntil")
    if until:
        # How long the old system's tokens last is not ours to know: one entry for each person, kept.
        ACCESS.save(service, f"tokens:{user_id}", {"until": until}, version=int(until.timestamp() * 1000))
    on_commit(memory.forget)


def apply_tenant(service: str, payload: Mapping[str, object], version: int) -> None:
    """Store name and state of a tenant, from the events `tenant.*`."""
    keys = ("uuid", "name", "subdomain", "status", "ownerId", "adminIds", "deleted")
    ACCESS.save(service, f"tenant:{payload['tenantId']}", {key: payload.get(key) for key in keys}, version=version)
    on_commit(memory.forget)
